"""The commands for a person's own tables; each imports what it needs when it runs."""

from mixtheory.table_commands.augmenting import augment
from mixtheory.table_commands.comparing import fidelity
from mixtheory.table_commands.selecting import select
from mixtheory.table_commands.sizing import size

COMMANDS = (augment, select, size, fidelity)

__all__ = ["COMMANDS", "augment", "fidelity", "select", "size"]
