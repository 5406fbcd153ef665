#!/usr/bin/env python
"""Django's command line for this project."""

import logging
import os
import sys

from django.core.exceptions import ImproperlyConfigured


def main() -> None:
    """Runs a command; where nobody watches, its failure goes into the log like any other."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shimonoseki_dx.settings")
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # a sentence for whoever sets the program up
        sys.exit(str(error))
    except Exception:
        # Python would print the message of the error, which may quote what stands in a row.
        if sys.stderr.isatty():
            raise
        logging.getLogger("operation.commands").exception("コマンドがエラーで終わりました。")
        sys.exit(1)


if __name__ == "__main__":
    main()
