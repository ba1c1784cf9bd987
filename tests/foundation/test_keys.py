import base64
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.keys import Vault, VaultError, open_vault

VAULT = Vault({1: b"a" * 32}, b"h" * 32, b"s" * 32)
PHONE = "+84912345678"


def test_keys_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "keys"
    first = open_vault(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    files = sorted(folder.iterdir())
    assert [path.name for path in files] == ["encryption-1.key", "hash.key", "signing.key"]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    before = [path.read_bytes() for path in files]
    second = open_vault(folder)
    assert [path.read_bytes() for path in sorted(folder.iterdir())] == before
    assert second.decrypt(first.encrypt(PHONE)) == PHONE
    assert second.digest(PHONE) == first.digest(PHONE)
    assert second.derive("session") == first.derive("session")


def test_processes_that_start_together_agree_on_the_keys(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from foundation.keys import open_vault; sys.stdin.readline();"
        f"print(open_vault(pathlib.Path({str(tmp_path / 'keys')!r})).derive('x').hex())"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = {child.communicate("go\n", timeout=30)[0] for child in children}
    assert len(answers) == 1
    assert answers.pop().strip()


def test_threads_that_start_together_agree_on_the_keys(tmp_path: Path) -> None:
    for attempt in range(20):
        folder = tmp_path / str(attempt)
        with ThreadPoolExecutor(4) as pool:
            vaults = list(pool.map(open_vault, [folder] * 4))
        assert len({vault.digest(PHONE) for vault in vaults}) == 1
        assert all(vaults[0].decrypt(vault.encrypt(PHONE)) == PHONE for vault in vaults)
        assert len(list(folder.iterdir())) == 3, "no draft is left behind"


def test_after_a_rotation_new_values_carry_the_new_key_and_old_ones_are_still_read(tmp_path: Path) -> None:
    old = open_vault(tmp_path).encrypt(PHONE)
    (tmp_path / "encryption-2.key").write_text(base64.b64encode(b"n" * 32).decode())
    rotated = open_vault(tmp_path)
    new = rotated.encrypt(PHONE)
    assert (old[0], new[0]) == (1, 2)
    assert rotated.decrypt(old) == rotated.decrypt(new) == PHONE
    (tmp_path / "encryption-1.key").unlink()
    with pytest.raises(VaultError, match="number 1"):
        open_vault(tmp_path).decrypt(old)


@given(st.text())
def test_what_was_encrypted_is_read_again_and_never_looks_the_same(text: str) -> None:
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        return
    first, second = VAULT.encrypt(text), VAULT.encrypt(text)
    assert first != second
    assert VAULT.decrypt(first) == VAULT.decrypt(second) == text


def test_a_value_changed_anywhere_or_cut_anywhere_is_noticed() -> None:
    value = VAULT.encrypt("ung ho 200k")
    for position in range(len(value)):
        changed = value[:position] + bytes([value[position] ^ 1]) + value[position + 1 :]
        with pytest.raises(VaultError):
            VAULT.decrypt(changed)
        with pytest.raises(VaultError):
            VAULT.decrypt(value[:position])


def test_another_key_of_the_same_number_is_told_from_the_right_one() -> None:
    with pytest.raises(VaultError, match="wrong key"):
        Vault({1: b"b" * 32}, b"h" * 32, b"s" * 32).decrypt(VAULT.encrypt(PHONE))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("hash.key", b"", "hash.key holds 0 bytes"),
        ("hash.key", base64.b64encode(b"x" * 16), "hash.key holds 16 bytes"),
        ("signing.key", b"\xff\xfe\x00", "signing.key cannot be read"),
        ("encryption-1.key", b"not base64!", "encryption-1.key"),
        ("encryption-0.key", base64.b64encode(b"x" * 32), "N from 1 to 255"),
        ("encryption-256.key", base64.b64encode(b"x" * 32), "N from 1 to 255"),
        ("encryption-old.key", base64.b64encode(b"x" * 32), "N from 1 to 255"),
    ],
)
def test_a_spoilt_key_file_is_named_and_not_replaced(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    open_vault(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(VaultError, match=told):
        open_vault(tmp_path)
    assert (tmp_path / name).read_bytes() == content


def test_each_purpose_has_a_signing_key_of_its_own() -> None:
    keys = {VAULT.derive(purpose) for purpose in ("session", "kannel", "simulator")}
    assert len(keys) == 3
    assert {len(key) for key in keys} == {32}


def test_a_digest_depends_on_the_hash_key_and_never_on_the_encryption_keys() -> None:
    rotated = Vault({1: b"a" * 32, 2: b"b" * 32}, b"h" * 32, b"s" * 32)
    other = Vault({1: b"a" * 32}, b"g" * 32, b"s" * 32)
    assert VAULT.digest(PHONE) == rotated.digest(PHONE) != other.digest(PHONE)
