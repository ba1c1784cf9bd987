"""Labels of addresses: what is so of the household that a telephone belongs to, where a rule on the way out asks.

They rest on keyed hashes, each with the source that says so, and go when their source takes them back. Of an address
without labels nothing of the kind is known, which is not to say that nothing is so.
"""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import and_, delete, insert, select, union_all
from sqlalchemy.orm import Session, aliased

from foundation.database import vault_of
from foundation.iteration import chunked
from people.models import Address, AddressLabel, Label

BATCH = 1_000


def labels_of(session: Session, channel: str, hashes: Iterable[bytes]) -> dict[bytes, frozenset[Label]]:
    """Of these address hashes those that have labels, with all of them, whichever source says so.

    A person is one: what was told of their telephone holds for their other numbers and accounts, and a number that
    another channel uses as its address is the same number.
    """
    found: dict[bytes, frozenset[Label]] = {}
    own, other = aliased(Address), aliased(Address)
    for some in chunked(hashes, BATCH):
        of_the_number = select(AddressLabel.address_hash, AddressLabel.label).where(AddressLabel.address_hash.in_(some))
        of_the_person = (
            select(own.address_hash, AddressLabel.label)
            .join(other, other.contact_id == own.contact_id)
            .join(
                AddressLabel,
                and_(AddressLabel.channel == other.channel, AddressLabel.address_hash == other.address_hash),
            )
            .where(own.channel == channel, own.address_hash.in_(some))
        )
        for address_hash, label in session.execute(union_all(of_the_number, of_the_person)):
            found[address_hash] = found.get(address_hash, frozenset()) | {Label(label)}
    return found


def replace_labels(session: Session, source: str, channel: str, labels: Mapping[str, Collection[Label]]) -> None:
    """What a source says now, by address, in place of all that it said of this channel, in the caller's transaction.

    An empty mapping takes its labels away.
    """
    session.execute(delete(AddressLabel).where(AddressLabel.source == source, AddressLabel.channel == channel))
    vault = vault_of(session.get_bind().dialect)
    rows = (
        {"channel": channel, "address_hash": vault.digest(address), "label": label, "source": source}
        for address, theirs in labels.items()
        for label in sorted(theirs)
    )
    for some in chunked(rows, BATCH):
        session.execute(insert(AddressLabel), some)
