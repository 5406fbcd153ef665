"""監査ログ as people meet it: sign-ins and files that leave are noted, administrators read it."""
