"""`python -m services.cli`, for a checkout without the installed command."""

from services.cli.main import main

main()
