"""Knows people: contacts, groups, consent, suppression; officials, their rights and what they did."""

from people.audit import actors, entries, record
from people.contacts import ImportReport, Rejection, import_contacts, upsert_contact
from people.groups import GroupSize, Recipient, group_named, group_size, list_groups, members
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
    has_right,
    official_named,
    require,
    set_password,
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
    "GroupSize",
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
    "actors",
    "add_official",
    "authenticate",
    "entries",
    "group_named",
    "group_size",
    "has_right",
    "import_contacts",
    "lift",
    "list_groups",
    "members",
    "official_named",
    "record",
    "require",
    "set_password",
    "suppress",
    "suppressed",
    "upsert_contact",
]
