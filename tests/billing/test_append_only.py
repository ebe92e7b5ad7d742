from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.core import checks, serializers
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from billing.append_only import TABLES, find_missing, put_up, take_down
from billing.models import Account, Event, LedgerEntry, LedgerImmutable, Posting
from billing.queries.clock import database_now
from tests.builders import World
from tests.kept_scenes import kept_scene
from tests.ledger import keep_books, sql

ON_POSTGRES = connection.vendor == "postgresql"
COLUMNS = {"billing_posting": "kind", "billing_ledgerentry": "account", "billing_event": "name"}


@pytest.fixture
@kept_scene
def books(world: World) -> World:
    keep_books(world)
    connection.check_constraints()
    return world


@contextmanager
def refused(match: str = "append-only") -> Iterator[None]:
    """The database says no, and the test's transaction goes on."""
    with pytest.raises(IntegrityError, match=match), transaction.atomic():
        yield


def rows(table: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} ORDER BY id")
        return list(cursor.fetchall())


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize("table", TABLES)
class TestNothingThatIsWrittenChanges:
    def test_update(self, table: str) -> None:
        before = rows(table)
        for statement in (
            f"UPDATE {table} SET {COLUMNS[table]} = 'forged'",
            f"UPDATE {table} SET {COLUMNS[table]} = {COLUMNS[table]} WHERE id = (SELECT MAX(id) FROM {table})",
        ):
            with refused():
                sql(statement)
        assert rows(table) == before

    def test_delete(self, table: str) -> None:
        before = rows(table)
        for statement in (f"DELETE FROM {table}", f"DELETE FROM {table} WHERE id = (SELECT MIN(id) FROM {table})"):
            with refused():
                sql(statement)
        assert rows(table) == before

    def test_a_row_written_over_another(self, table: str) -> None:
        before = rows(table)
        columns = ", ".join(f'"{column}"' for column in columns_of(table))
        clause = (
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} "
            f"WHERE true ON CONFLICT (id) DO UPDATE SET {COLUMNS[table]} = 'forged'"
        )
        with refused():
            sql(clause)
        if not ON_POSTGRES:
            with refused():
                sql(f"INSERT OR REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table}")
            with refused():
                sql(f"UPDATE OR REPLACE {table} SET id = id + 1")
        assert rows(table) == before

    @pytest.mark.postgres
    def test_truncate(self, table: str) -> None:
        before = rows(table)
        for statement in (f"TRUNCATE {table} CASCADE", "TRUNCATE billing_client CASCADE"):
            with refused():
                sql(statement)
        assert rows(table) == before


def columns_of(table: str) -> list[str]:
    with connection.cursor() as cursor:
        return [column.name for column in connection.introspection.get_table_description(cursor, table)]


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize("model", [Posting, LedgerEntry, Event])
def test_models_and_querysets_say_no_before_the_database_has_to(model: type[Posting]) -> None:
    row = model.objects.latest("id")
    acts: list[Callable[[], object]] = [
        row.save,
        row.delete,
        model.objects.all().delete,
        lambda: model.objects.update(client=None),
        lambda: model.objects.bulk_update([row], ["client"]),
    ]
    for act in acts:
        with pytest.raises(LedgerImmutable):
            act()


def test_a_dump_can_be_loaded(books: World) -> None:
    """Importing needs no way around the triggers: rows that are not there yet are only added."""
    posting = Posting.objects.latest("id")
    entries = list(posting.entries.order_by("id"))
    last = LedgerEntry.objects.latest("id").pk
    posting.pk += 1
    for entry in entries:
        entry.pk = last = last + 1
        entry.posting = posting
    for row in serializers.deserialize("json", serializers.serialize("json", [posting, *entries])):
        row.save()
    assert Posting.objects.get(pk=posting.pk).entries.count() == len(entries)
    connection.check_constraints()


def post_raw(world: World, *, entries: list[tuple[str, str, str]]) -> Posting:
    """A posting with (account, currency, amount) rows, each in a statement of its own."""
    posting = Posting.objects.create(kind="test", client=world.client, posted_at=database_now())
    for account, currency, amount in entries:
        LedgerEntry.objects.create(
            posting=posting, account=account, client=world.client, currency_id=currency, amount=amount
        )
    return posting


@pytest.mark.postgres
class TestWhatIsPostedBalancesByTheCommit:
    def test_a_balanced_posting_may_come_in_parts(self, world: World) -> None:
        post_raw(world, entries=[("CLEARING", "EUR", "5"), ("CREDIT", "EUR", "-3"), ("REVENUE", "EUR", "-2")])
        connection.check_constraints()
        assert rows_pending() == 0

    @pytest.mark.parametrize(
        "entries",
        [
            [("CLEARING", "EUR", "5")],
            [("CLEARING", "EUR", "5"), ("CREDIT", "EUR", "-4.9999")],
            [("CLEARING", "EUR", "5"), ("CREDIT", "RUB", "-5")],
        ],
    )
    def test_one_that_does_not_is_refused(self, world: World, entries: list[tuple[str, str, str]]) -> None:
        with refused("does not sum to zero"):
            post_raw(world, entries=entries)
            connection.check_constraints()

    def test_in_one_statement_too(self, world: World) -> None:
        with refused("does not sum to zero"):
            posting = post_raw(world, entries=[])
            LedgerEntry.objects.bulk_create(
                LedgerEntry(posting=posting, account=account, client=world.client, currency_id="EUR", amount=amount)
                for account, amount in ((Account.CLEARING, 5), (Account.CREDIT, -4))
            )
            connection.check_constraints()

    def test_an_old_posting_cannot_be_unbalanced(self, books: World) -> None:
        posting = Posting.objects.latest("id")
        with refused("does not sum to zero"):
            LedgerEntry.objects.create(
                posting=posting, account="CREDIT", client=books.client, currency_id="EUR", amount=1
            )
            connection.check_constraints()

    def test_one_without_entries_is_refused(self, world: World) -> None:
        with refused("has no entries"):
            post_raw(world, entries=[])
            connection.check_constraints()


def rows_pending() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM billing_unbalancedposting")
        return int(cursor.fetchone()[0])


def errors() -> list[str]:
    """What the system check says of the ledger of the connected database, whatever it says of its statistics."""
    found = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    return [f"{error.id} {error.msg}" for error in found if error.id != "billing.W002"]


class TestTheCheck:
    def test_is_content_after_all_migrations(self, db: None) -> None:
        """On SQLite a migration that makes a table anew takes its triggers along: it has to end with `put_up`."""
        assert find_missing(connection) == []
        assert errors() == []
        call_command("check", databases=["default"])

    def test_says_which_trigger_is_missing(self, db: None) -> None:
        for name in all_triggers():
            with undone():
                sql(drop_of(name))
                assert find_missing(connection) == [name]
                assert [f"billing.E001 The trigger {name} is missing" in error for error in errors()] == [True]

    @pytest.mark.parametrize(
        ("command", "options"),
        [("check", {"databases": ["default"]}), ("migrate", {"plan": True, "skip_checks": False})],
    )
    def test_fails_commands(self, db: None, command: str, options: dict[str, object]) -> None:
        with undone():
            sql(drop_of("billing_event_no_truncate" if ON_POSTGRES else "billing_event_no_replace"))
            with pytest.raises(CommandError, match=r"billing\.E001"):
                call_command(command, verbosity=0, **options)

    def test_sees_one_that_does_something_else(self, db: None) -> None:
        with undone():
            if ON_POSTGRES:
                sql(
                    "CREATE OR REPLACE FUNCTION billing_append_only() RETURNS trigger LANGUAGE plpgsql AS "
                    "$$ BEGIN RETURN NEW; END $$"
                )
                assert len(find_missing(connection)) == 2 * len(TABLES)
            else:
                sql("DROP TRIGGER billing_event_no_delete")
                sql("CREATE TRIGGER billing_event_no_delete BEFORE DELETE ON billing_event BEGIN SELECT 1; END")
                assert find_missing(connection) == ["billing_event_no_delete"]

    @pytest.mark.postgres
    def test_sees_one_that_is_switched_off(self, db: None) -> None:
        with undone():
            sql("ALTER TABLE billing_event DISABLE TRIGGER billing_event_no_change")
            assert find_missing(connection) == ["billing_event_no_change"]
            sql("ALTER TABLE billing_event ENABLE REPLICA TRIGGER billing_event_no_change")
            assert find_missing(connection) == ["billing_event_no_change"]

    def test_only_warns_before_the_migration(self, db: None) -> None:
        with undone():
            take_down(connection)
            MigrationRecorder(connection).migration_qs.filter(name__endswith="_ledger_triggers").delete()
            assert [error[:12] for error in errors()] == ["billing.W001"]
            MigrationRecorder(connection).migration_qs.filter(app="billing").delete()
            assert errors() == []

    def test_is_not_made_without_a_database(self, db: None) -> None:
        assert checks.run_checks(tags=[checks.Tags.database]) == []


def test_the_migration_goes_back_and_forth(db: None) -> None:
    with undone():
        take_down(connection)
        assert find_missing(connection) == all_triggers()
        put_up(connection)
        put_up(connection)
        assert find_missing(connection) == []


def test_protect_ledger_puts_back_what_is_missing(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    with undone():
        call_command("protect_ledger")
        assert "Nothing was missing" in capsys.readouterr().out
        sql(drop_of(all_triggers()[0]))
        call_command("protect_ledger")
        assert f"Put back: {all_triggers()[0]}" in capsys.readouterr().out
        assert find_missing(connection) == []


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def all_triggers() -> list[str]:
    with undone():
        take_down(connection)
        return find_missing(connection)


def drop_of(name: str) -> str:
    table = name.rsplit("_no_")[0] if "_no_" in name else name.removesuffix("_has_entries").removesuffix("_balance")
    return f"DROP TRIGGER {name} ON {table}" if ON_POSTGRES else f"DROP TRIGGER {name}"
