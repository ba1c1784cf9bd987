from dataclasses import replace

import pytest

from foundation.identifiers import new_reference
from gateways.protocol import WebhookRequest
from gateways.webhooks import proof
from tests.gateways.runner import message


@pytest.mark.parametrize("reference", ["", "a b", "a%d", "a&b", "ờ", "a" * 49, "a\n"])
def test_a_reference_that_would_not_survive_a_callback_url_is_refused(reference: str) -> None:
    with pytest.raises(ValueError, match="reference"):
        replace(message("a"), reference=reference)


def test_our_own_references_travel() -> None:
    assert message("a", new_reference()).reference


def test_headers_are_found_in_any_case() -> None:
    request = WebhookRequest.called("get", "/x?a=1&b=&a=2", {"X-Kannel-FROM": "1"})
    assert request.header("x-kannel-from") == request.header("X-Kannel-From") == "1"
    assert request.header("X-Kannel-To") is None
    assert (request.method, dict(request.query)) == ("GET", {"a": "2", "b": ""})


def test_parts_of_a_proof_cannot_run_into_each_other() -> None:
    assert proof(b"secret", "ab", "c") != proof(b"secret", "a", "bc") != proof(b"secret", "abc")
