"""Knows people: contacts, groups, consent, suppression; officials, their rights and what they did."""

from people.audit import actors, entries, record
from people.contacts import ImportReport, Rejection, import_contacts, upsert_contact
from people.duties import Duties, Holder, Matter
from people.groups import GroupSize, Recipient, group_named, group_size, list_groups, members
from people.models import (
    Address,
    AuditEntry,
    Consent,
    Contact,
    Duty,
    Group,
    GroupMember,
    Official,
    Post,
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
from people.posts import add_duty, list_duties, posted_at, register_phone, remove_duty, set_post
from people.spreadsheets import SpreadsheetError
from people.suppression import lift, suppress, suppressed, withdraw_consents

__all__ = [
    "Address",
    "AuditEntry",
    "Consent",
    "Contact",
    "Duties",
    "Duty",
    "Group",
    "GroupMember",
    "GroupSize",
    "Holder",
    "ImportReport",
    "Matter",
    "Official",
    "OfficialError",
    "Post",
    "Recipient",
    "Rejection",
    "Right",
    "Role",
    "SpreadsheetError",
    "Suppression",
    "SuppressionReason",
    "actors",
    "add_duty",
    "add_official",
    "authenticate",
    "entries",
    "group_named",
    "group_size",
    "has_right",
    "import_contacts",
    "lift",
    "list_duties",
    "list_groups",
    "members",
    "official_named",
    "posted_at",
    "record",
    "register_phone",
    "remove_duty",
    "require",
    "set_password",
    "set_post",
    "suppress",
    "suppressed",
    "upsert_contact",
    "withdraw_consents",
]
