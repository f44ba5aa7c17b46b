"""The evaluation against published outputs of opus-mt-en-zh: skipped where ../shared/teacher-outputs is missing, which is not
shipped. `pytest tests/test_evaluation.py -s` prints what notebook 10 quotes."""
import re
from collections import Counter
from pathlib import Path
import pytest
from sacrebleu.metrics import BLEU
from tinymt.evaluation import missing_numbers, numbers, numbers_kept, punctuation, score

FOLDER = Path(__file__).parents[2] / 'shared' / 'teacher-outputs' / 'en-zh'
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f'{FOLDER} is missing')

def lines(name): return (FOLDER / name).read_text(encoding='utf-8').splitlines()

def digits(text): return Counter(d.replace(',', '') for d in re.findall(r'\d+(?:[.,]\d+)*', text))

def plain_match(sources, outputs):
    "The share of sentences whose digit strings, without thousands separators, all stand in the output"
    kept = [not digits(s) - digits(o) for s, o in zip(sources, outputs) if digits(s)]
    return sum(kept) / len(kept)

@pytest.mark.parametrize('name, published', [('flores-dev', '31.0'), ('wmt17', '26.2'), ('wmt18', '28.0')])
def test_published_bleu(name, published):
    s = score(lines(f'{name}.opusmt.zh'), lines(f'{name}.zh'))
    print(f'\n{name}: {s}')
    assert f'{s.bleu:.1f}' == published

def test_the_default_tokenizer_is_useless_for_chinese():
    bleu = BLEU().corpus_score(lines('flores-dev.opusmt.zh'), [lines('flores-dev.zh')]).score
    print(f'\nflores-dev with 13a: {bleu:.1f}')
    assert f'{bleu:.1f}' == '0.5'

@pytest.mark.parametrize('name, system, at_least', [
    ('flores-dev', 'zh', .98), ('flores-dev', 'opusmt.zh', .97), ('wmt17', 'zh', .94), ('wmt18', 'zh', .93)])
def test_numbers_kept_acquits_humans(name, system, at_least):
    sources, outputs = lines(f'{name}.en'), lines(f'{name}.{system}')
    plain, ours = plain_match(sources, outputs), numbers_kept(sources, outputs)
    print(f'\n{name}.{system}: plain digit match {plain:.1%}, numbers_kept {ours:.1%}')
    assert ours >= at_least and ours > plain + .08

def test_what_numbers_kept_misses_in_the_reference():
    "Three sentences of 219: COVID-19 twice, written 新冠, and a 4x4, written 四驱"
    missed = [missing_numbers(s, r) for s, r in zip(lines('flores-dev.en'), lines('flores-dev.zh'))]
    assert [dict(m) for m in missed if m] == [{'19': 1}, {'19': 1}, {'4': 2}]

def test_a_wrong_number_is_always_noticed():
    "Adding one to a digit string of the source must be seen in every human translation but those already missed"
    pairs = [(s, r) for s, r in zip(lines('flores-dev.en'), lines('flores-dev.zh')) if numbers(s) and not missing_numbers(s, r)]
    changed = [(re.sub(r'\d+', lambda m: str(int(m[0]) + 7), s, count=1), r) for s, r in pairs]
    noticed = sum(bool(missing_numbers(s, r)) for s, r in changed) / len(pairs)
    print(f'\nnoticed: {noticed:.1%} of {len(pairs)}')
    assert noticed > .95

def test_the_teacher_writes_ascii_punctuation():
    human, teacher = punctuation(lines('flores-dev.zh')), punctuation(lines('flores-dev.opusmt.zh'))
    print(f'\nreference {human}\nopus-mt   {teacher}')
    assert human['ascii'] < 10 and teacher['ascii'] > 1000 and teacher['spaces'] > 100
