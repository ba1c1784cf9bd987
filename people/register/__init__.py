"""The household register: what lists of communes say of each household and its members, kept as columns."""

from people.register.chunks import (
    HOUSEHOLDS_A_CHUNK,
    Chunk,
    Households,
    RegisterSize,
    describe,
    read_chunks,
    read_names,
    read_places,
    register_lists,
    write_chunks,
)
from people.register.columns import (
    UNKNOWN_CODE,
    UNKNOWN_WHOLE,
    Array,
    Column,
    Entity,
    Kind,
    is_unknown,
    marks_of,
    unknown,
)
from people.register.importing import (
    RegisterError,
    Source,
    import_register,
    import_register_in_batches,
    remove_list,
)
from people.register.models import Basis, RegisterList, RegisterPlace
from people.register.parsing import RegisterReport
from people.register.seating import largest_of_members, told_of_persons

__all__ = [
    "HOUSEHOLDS_A_CHUNK",
    "UNKNOWN_CODE",
    "UNKNOWN_WHOLE",
    "Array",
    "Basis",
    "Chunk",
    "Column",
    "Entity",
    "Households",
    "Kind",
    "RegisterError",
    "RegisterList",
    "RegisterPlace",
    "RegisterReport",
    "RegisterSize",
    "Source",
    "describe",
    "import_register",
    "import_register_in_batches",
    "is_unknown",
    "largest_of_members",
    "marks_of",
    "read_chunks",
    "read_names",
    "read_places",
    "register_lists",
    "remove_list",
    "told_of_persons",
    "unknown",
    "write_chunks",
]
