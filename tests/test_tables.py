"""The tables of the suite are those that the migrations make."""

from tests import offices, tables

WIDER_BY_MIGRATION = "auth_group_permissions"  # Django's own; no group has a permission here


def test_the_migrations_come_to_the_tables_that_the_tests_work_on(db):
    with offices.office() as office:
        office.call("tests.office_work:migrate")
        migrated = office.call("tests.tables:described")
    here = tables.described()
    assert migrated.keys() == here.keys()
    for name in migrated.keys() - {WIDER_BY_MIGRATION}:
        assert migrated[name] == here[name], name
