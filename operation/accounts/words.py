"""Words by which a password is guessed first, beside those that Django knows. Pure."""

COMMON = (
    # What people type when a password is asked for, in English and in the letters of Japanese.
    *("password", "passwd", "passphrase", "secret", "himitsu", "pasuwado", "pasuwaado"),
    *("welcome", "youkoso", "admin", "administrator", "kanri", "kanrisha", "kanrisya", "root"),
    *("user", "guest", "test", "tesuto", "temp", "initial", "shoki", "changeme", "letmein"),
    *("login", "roguin", "computer", "internet", "windows", "excel", "office", "server"),
    *("qwerty", "qwertyuiop", "asdfgh", "asdfghjkl", "zxcvbn", "zxcvbnm", "abc", "abcdef"),
    *("iloveyou", "aishiteru", "daisuki", "arigatou", "arigato", "konnichiwa", "sayonara"),
    *("sakura", "hanako", "tarou", "taro", "ichiro", "doraemon", "pikachu", "totoro", "anpanman"),
    *("baseball", "yakyu", "yakyuu", "soccer", "sakka", "dragon", "monkey", "princess", "sunshine"),
    *("nippon", "nihon", "japan", "reiwa", "heisei", "showa", "shouwa", "fujisan"),
    *("spring", "summer", "autumn", "winter", "haru", "natsu", "aki", "fuyu"),
    *("パスワード", "ぱすわーど", "あいうえお", "かきくけこ", "ひみつ", "ありがとう", "こんにちは"),
    *("さくら", "あいしてる", "だいすき", "てすと", "テスト", "合言葉", "暗証番号", "秘密"),
    # What the work is called.
    *("yakusho", "shiyakusho", "shichouson", "chousha", "kumin", "shimin", "shichou"),
    *("gyousei", "gyosei", "tetsuzuki", "tetuzuki", "online", "onrain", "daichou", "daicho"),
    *("kanridaichou", "digital", "dezitaru", "dejitaru", "suishin", "joho", "jouhou", "seisaku"),
    *("役所", "市役所", "行政", "手続", "手続き", "オンライン", "オンライン化", "管理台帳", "台帳"),
    *("推進", "情報政策課", "デジタル", "令和", "平成", "昭和", "日本"),
)
"""Whole words; a password must hold more than these."""

PROGRAM = ("shimonoseki", "simonoseki", "shimonosekishi", "下関", "下関市", "しものせき", "dx")
"""The program's own name."""

RUNS = (
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "あいうえおかきくけこさしすせそたちつてと",
)
"""Keys and letters beside each other; a piece of one, either way round, is worth one letter."""
