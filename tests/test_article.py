"""Section 13 of the article: our copy of its commands, which notebook 16 translates into ours and parses, is what the article says."""
import re
from pathlib import Path

import pytest

COPY, ARTICLE = Path(__file__).with_name("article_section13.sh"), Path(__file__).parents[2]/"shared"/"seed"/"article.zh.txt"


@pytest.mark.skipif(not ARTICLE.is_file(), reason=f"{ARTICLE} is missing")
def test_the_copy_is_complete():
    text = ARTICLE.read_text(encoding="utf-8")
    section = text[text.index("13. 完整复现命令清单"):text.index("附录:名词速查表")]
    commands = [re.sub(r" *\\\n", " ", found) for found in re.findall(r"^uv run -[sm] (?:.*\\\n)*.*", section, re.M)]
    assert COPY.read_text(encoding="utf-8").splitlines()[1:] == commands
    assert len(commands) == 14
