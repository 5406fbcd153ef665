"""What the environment says of the ways in: safe by default, a sentence for errors."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from operation.directory.configuration import LOCAL_BACKEND, SignIn, sign_in_from

LDAP = {
    "DX_LOGIN": "local,ldap",
    "DX_LDAP_URI": "ldaps://ad.example.lg.jp",
    "DX_LDAP_BIND_DN": "cn=dx",
    "DX_LDAP_BIND_PASSWORD": "secret",
    "DX_LDAP_USER_BASE": "dc=example",
}
OIDC = {
    "DX_LOGIN": "oidc",
    "DX_OIDC_ISSUER": "https://fs.example.lg.jp/adfs",
    "DX_OIDC_CLIENT_ID": "dx",
    "DX_OIDC_CLIENT_SECRET": "secret",
}
REMOTE = {"DX_LOGIN": "remote", "DX_REMOTE_USER_SECRET": "s" * 32}


def read(environment, *, insecure_http=False, behind_proxy=True) -> SignIn:
    return sign_in_from(environment, insecure_http=insecure_http, behind_proxy=behind_proxy)


def test_without_a_word_there_are_only_accounts_of_this_program():
    assert read({}) == SignIn()
    assert read({}).backends == [LOCAL_BACKEND]
    assert not read({}).admits_without_role


def test_an_administrators_account_gets_in_whatever_the_ways_are():
    assert read(OIDC).backends[0] == LOCAL_BACKEND


def test_active_directory_is_what_an_office_has_unless_it_says_otherwise():
    ldap = read(LDAP).ldap
    assert (ldap.username_attribute, ldap.id_attribute) == ("sAMAccountName", "objectGUID")
    assert "userAccountControl" in ldap.user_filter
    assert ldap.group_base == ""


def test_each_of_the_usual_values_can_be_said_otherwise():
    said = {"DX_LDAP_KIND": "openldap", "DX_LDAP_GROUP_FILTER": "(memberUid={user})"}
    ldap = read(LDAP | said).ldap
    assert (ldap.username_attribute, ldap.user_filter) == ("uid", "(uid={user})")
    assert ldap.group_filter == "(memberUid={user})"


@pytest.mark.parametrize(
    ("said", "starttls"),
    [
        ({"DX_LDAP_URI": "ldap://ad"}, True),
        ({"DX_LDAP_URI": "ldap://ad", "DX_LDAP_STARTTLS": "1"}, True),
        ({"DX_LDAP_URI": "ldap://ad", "DX_LDAP_STARTTLS": "0"}, False),
        ({"DX_LDAP_URI": "ldaps://ad"}, False),
    ],
    ids=["nothing said", "said", "said not", "over TLS anyway"],
)
def test_passwords_go_in_the_clear_only_where_somebody_says_so(said, starttls):
    assert read(LDAP | said).ldap.starttls is starttls


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"DX_LOGIN": "local,kerberos"}, "kerberos"),
        ({"DX_LOGIN_WITHOUT_GROUP": "write"}, "DX_LOGIN_WITHOUT_GROUP"),
        (LDAP | {"DX_LDAP_URI": ""}, "DX_LDAP_URI is not set"),
        (LDAP | {"DX_LDAP_URI": "https://ad"}, "DX_LDAP_URI"),
        (LDAP | {"DX_LDAP_BIND_PASSWORD": ""}, "DX_LDAP_BIND_PASSWORD"),
        (LDAP | {"DX_LDAP_KIND": "novell"}, "DX_LDAP_KIND"),
        (LDAP | {"DX_LDAP_USER_FILTER": "(uid=hanako)"}, "DX_LDAP_USER_FILTER"),
        (LDAP | {"DX_LDAP_USER_FILTER": "(uid={user}"}, "DX_LDAP_USER_FILTER"),
        (LDAP | {"DX_LDAP_GROUP_FILTER": "member={dn}"}, "DX_LDAP_GROUP_FILTER"),
        (LDAP | {"DX_LDAP_STARTTLS": "perhaps"}, "DX_LDAP_STARTTLS"),
        (OIDC | {"DX_OIDC_ISSUER": "http://fs.example.lg.jp"}, "https://"),
        (OIDC | {"DX_OIDC_CLIENT_SECRET": ""}, "DX_OIDC_CLIENT_SECRET"),
        (REMOTE | {"DX_REMOTE_USER_SECRET": ""}, "DX_REMOTE_USER_SECRET"),
        (REMOTE | {"DX_REMOTE_USER_SECRET": "short"}, "at least 32"),
    ],
)
def test_what_is_missing_or_wrong_is_named_before_the_start(environment, named):
    with pytest.raises(ImproperlyConfigured, match=named):
        read(environment)


def test_a_proxys_word_needs_a_proxy():
    with pytest.raises(ImproperlyConfigured, match="DX_BEHIND_PROXY"):
        read(REMOTE, behind_proxy=False)


def test_groups_can_be_left_to_administrators():
    assert read(OIDC).provider.groups_claim == "groups"
    assert read(OIDC | {"DX_OIDC_GROUPS_CLAIM": "none"}).provider.groups_claim == ""
