"""Dumps are read as they were written, whatever is in them, or refused with the line."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whmcs.dumps import DumpInvalid, read_dump
from whmcs.tables import Table

MYSQLDUMP = r"""
-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
--
-- Host: localhost    Database: whmcs; it's a comment
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
DROP TABLE IF EXISTS `ispsystem_noc`;
CREATE TABLE `ispsystem_noc` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `serviceid` int(11) NOT NULL DEFAULT '0' COMMENT 'tblhosting.id, (see ''docs'')',
  `licid` varchar(32) COLLATE utf8_unicode_ci DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `serviceid` (`serviceid`)
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8;
LOCK TABLES `ispsystem_noc` WRITE;
/*!40000 ALTER TABLE `ispsystem_noc` DISABLE KEYS */;
INSERT INTO `ispsystem_noc` VALUES (1,77,'1234567'),(2,78,NULL);
UNLOCK TABLES;
INSERT INTO `tblactivitylog` VALUES (1,'INSERT INTO `ispsystem_noc` VALUES (9,9,\'9\');','it''s; "quoted"');
INSERT IGNORE INTO whmcs.tblhosting (id, `domain`, notes) VALUES
  (77, 'shop.example', 'line\nbreak \\ \'quoted\' ''twice'' 100\%'),
  (78, _utf8mb4 'магазин.рф', "double ""q"" it's"), (-1, x'6162', NOW()), (1.5, 0x6364, TRUE)
  ON DUPLICATE KEY UPDATE id = VALUES(id);
"""


def test_a_dump_is_read_table_by_table() -> None:
    tables = read_dump(MYSQLDUMP, {"ispsystem_noc", "tblhosting", "tblproducts"})
    assert tables.keys() == {"ispsystem_noc", "tblhosting"}
    assert tables["ispsystem_noc"].columns == ["id", "serviceid", "licid"]
    assert tables["ispsystem_noc"].rows == [
        {"id": "1", "serviceid": "77", "licid": "1234567"},
        {"id": "2", "serviceid": "78", "licid": ""},
    ]
    assert [tuple(row.values()) for row in tables["tblhosting"].rows] == [
        ("77", "shop.example", "line\nbreak \\ 'quoted' 'twice' 100\\%"),
        ("78", "магазин.рф", 'double "q" it\'s'),
        ("-1", "ab", "NOW ( )"),
        ("1.5", "cd", "1"),
    ]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("INSERT INTO t (a) VALUES (1), (2", "Line 1: it breaks off inside a row"),
        ("\n\nINSERT INTO t (a) VALUES ('abc", "Line 3: a text that does not end"),
        ("INSERT INTO t (a, b) VALUES (1)", "1 values for 2 columns"),
        ("INSERT INTO t VALUES (1)", "names no columns"),
        ("INSERT INTO t (a) SELECT 1", "without VALUES"),
        ("INSERT INTO t (a", "breaks off inside a list of columns"),
    ],
)
def test_what_is_no_dump_is_refused_with_its_line(sql: str, words: str) -> None:
    with pytest.raises(DumpInvalid) as caught:
        read_dump(sql, {"t"})
    assert words in str(caught.value)


def test_an_empty_dump_has_no_tables() -> None:
    assert read_dump("", {"t"}) == {}
    assert read_dump("-- nothing\n", {"t"}) == {}


names = st.from_regex(r"\A[a-z_][a-z0-9_]{0,8}\Z")
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=30) | st.sampled_from(
    ["'", "\\", "\\'", "`", ";", "NULL"]
)
values = st.none() | texts | st.integers().map(str)


def escape(text: str) -> str:
    """As mysqldump does."""
    for plain, written in (("\\", "\\\\"), ("'", "\\'"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\0", "\\0")):
        text = text.replace(plain, written)
    return text.replace("\x1a", "\\Z")


def literal(value: str | None, is_doubled: bool) -> str:
    if value is None:
        return "NULL"
    if value.removeprefix("-").isdecimal() and value.isascii() and not is_doubled:
        return value
    return "'" + (value.replace("\\", "\\\\").replace("'", "''") if is_doubled else escape(value)) + "'"


@st.composite
def dumps(draw: st.DrawFn) -> tuple[str, list[Table]]:
    """A dump in one of the usual shapes, and what is in it."""
    tables, pieces = [], ["-- a dump; it's one\n"]
    for name in draw(st.lists(names, min_size=1, max_size=3, unique=True)):
        columns = draw(st.lists(names, min_size=1, max_size=4, unique=True))
        rows = draw(st.lists(st.tuples(*[values] * len(columns)), min_size=1, max_size=5))
        is_doubled, is_listed, size = draw(st.booleans()), draw(st.booleans()), draw(st.integers(1, 3))
        table = Table(f"t_{name}")
        for row in rows:
            table.add(columns, row)
        tables.append(table)
        quoted = ", ".join(f"`{column}`" for column in columns)
        if not is_listed:
            kinds = ",\n".join(f"`{column}` varchar(9) DEFAULT 'a,b);'" for column in columns)
            pieces.append(f"CREATE TABLE `t_{name}` (\n{kinds},\nKEY `x` (`id`)\n) ENGINE=InnoDB;\n")
        for start in range(0, len(rows), size):
            shown = ",".join(
                "(" + ",".join(literal(value, is_doubled) for value in row) + ")" for row in rows[start : start + size]
            )
            pieces.append(f"INSERT INTO `t_{name}` {f'({quoted}) ' if is_listed else ''}VALUES {shown};\n")
        pieces.append("INSERT INTO `other` VALUES (1,'it\\'s; ''this''');\n")
    return "".join(pieces), tables


@given(dumps())
def test_what_was_dumped_is_read_back(dump: tuple[str, list[Table]]) -> None:
    sql, tables = dump
    found = read_dump(sql, {table.name for table in tables})
    assert [found[table.name] for table in tables] == tables


@given(st.text(st.sampled_from("INSERTOVALUE tab`'\"\\(),;-#/*\n01xN"), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(DumpInvalid):
        read_dump(f"INSERT INTO t (a) VALUES {text}", {"t"})
        read_dump(text, {"t"})
