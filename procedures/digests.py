"""Files by their content: the name under which one is kept, and by which it is known again."""

from hashlib import sha256

from django.core.files import File


def sha256_of(file: File) -> str:
    """The SHA-256 of the content in hexadecimal; the file is at its beginning afterwards."""
    digest = sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
