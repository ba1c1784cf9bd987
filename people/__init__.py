"""Knows people: contacts, groups, consent, suppression; officials, their rights and what they did."""

from people.audit import record
from people.contacts import ImportReport, Rejection, import_contacts, upsert_contact
from people.groups import Recipient, group_named, group_size, members
from people.models import (
    Address,
    AuditEntry,
    Consent,
    Contact,
    Group,
    GroupMember,
    Official,
    Suppression,
    SuppressionReason,
)
from people.officials import (
    OfficialError,
    Right,
    Role,
    add_official,
    authenticate,
    official_named,
    require,
)
from people.spreadsheets import SpreadsheetError
from people.suppression import lift, suppress, suppressed

__all__ = [
    "Address",
    "AuditEntry",
    "Consent",
    "Contact",
    "Group",
    "GroupMember",
    "ImportReport",
    "Official",
    "OfficialError",
    "Recipient",
    "Rejection",
    "Right",
    "Role",
    "SpreadsheetError",
    "Suppression",
    "SuppressionReason",
    "add_official",
    "authenticate",
    "group_named",
    "group_size",
    "import_contacts",
    "lift",
    "members",
    "official_named",
    "record",
    "require",
    "suppress",
    "suppressed",
    "upsert_contact",
]
