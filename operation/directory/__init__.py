"""庁内アカウント: the office's own login (LDAP, OpenID Connect, a proxy) and its groups."""
