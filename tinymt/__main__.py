"""`python -m tinymt`, as `accelerate launch -m tinymt` starts it: the program of nbs/17_cli.ipynb."""
from .cli import main

main()
