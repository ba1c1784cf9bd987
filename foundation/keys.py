"""Keys and what they do: encryption of personal data, keyed hashes for lookup, signing of sessions and callbacks.

Keys come from settings or are made once in `LOA_HOME/keys` (mode 0600). Encryption keys rotate: the newest encrypts,
all decrypt, each value carries its key's number. The hash key never rotates, since opt-outs rest on it.
"""

import base64
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from foundation.refusal import Refusal

_NONCE = 12
_KEY = 32


class VaultError(Refusal):
    """A key is missing, unreadable or of the wrong length; the message says which and what to do."""


class Vault:
    """Encrypts, decrypts and hashes. `encryption` maps key numbers (1–255) to 32-byte keys; the highest encrypts."""

    def __init__(self, encryption: dict[int, bytes], hashing: bytes, signing: bytes) -> None:
        self._ciphers = {number: AESGCM(key) for number, key in encryption.items()}
        self._newest = max(encryption)
        self._hashing = hashing
        self._signing = signing

    def encrypt(self, text: str) -> bytes:
        """One byte of key number, a 12-byte nonce, then AES-256-GCM ciphertext and tag.

        Random nonces are safe up to about 2³² values a key (NIST SP 800-38D §8.3): rotate before that.
        """
        nonce = os.urandom(_NONCE)
        return bytes((self._newest,)) + nonce + self._ciphers[self._newest].encrypt(nonce, text.encode(), None)

    def decrypt(self, value: bytes) -> str:
        """Raises VaultError when the key is unknown or the value was tampered with."""
        number = value[0] if value else 0
        cipher = self._ciphers.get(number)
        if cipher is None:
            raise VaultError(f"no encryption key number {number}: put it back into LOA_HOME/keys")
        try:
            return cipher.decrypt(value[1 : 1 + _NONCE], value[1 + _NONCE :], None).decode()
        except (InvalidTag, ValueError) as error:  # ValueError: cut short
            raise VaultError("an encrypted value does not fit its key: wrong key, or tampered with") from error

    def digest(self, text: str) -> bytes:
        """The keyed hash by which a number is looked up: HMAC-SHA256, 32 bytes."""
        return hmac.digest(self._hashing, text.encode(), "sha256")

    def derive(self, purpose: str) -> bytes:
        """A signing key of its own for each purpose ("session", "kannel", …), 32 bytes."""
        return hmac.digest(self._signing, purpose.encode(), "sha256")


def open_vault(folder: Path) -> Vault:
    """The keys in a folder, made where absent (folder 0700, files 0600)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    encryption = {_number(path): _read(path) for path in sorted(folder.glob("encryption-*.key"))}
    if not encryption:
        encryption = {1: _make(folder / "encryption-1.key")}
    return Vault(
        encryption=encryption, hashing=_read_or_make(folder / "hash.key"), signing=_read_or_make(folder / "signing.key")
    )


def _number(path: Path) -> int:
    number = path.stem.removeprefix("encryption-")
    if not number.isdigit() or not 1 <= int(number) <= 255:
        raise VaultError(f"{path.name}: an encryption key is named encryption-N.key, N from 1 to 255")
    return int(number)


def _read_or_make(path: Path) -> bytes:
    return _read(path) if path.exists() else _make(path)


def _read(path: Path) -> bytes:
    try:
        key = base64.b64decode(path.read_text("ascii"), validate=False)
    except (OSError, ValueError) as error:
        raise VaultError(f"{path} cannot be read: {error}") from error
    if len(key) != _KEY:
        raise VaultError(f"{path} holds {len(key)} bytes, not {_KEY}")
    return key


def _make(path: Path) -> bytes:
    key = secrets.token_bytes(_KEY)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # mode 0600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(base64.b64encode(key).decode() + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link is whole or absent: of two processes that start together one makes the key, the other reads it.
        os.link(draft, path)
    except FileExistsError:
        return _read(path)
    finally:
        os.unlink(draft)
    return key
