"""Tables in files: CSV and Parquet are read with errors that name line and column, and written whole or not at all."""

from mixtheory.tablefiles.formats import TableFormat
from mixtheory.tablefiles.reading import LoadedTable, read_table
from mixtheory.tablefiles.writing import write_table

__all__ = ["LoadedTable", "TableFormat", "read_table", "write_table"]
