"""バックアップ: what an office saves and gets back, whole or not at all."""
