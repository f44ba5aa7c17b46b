"""The repetition guard against published outputs of opus-mt-en-zh: skipped where ../shared is missing, which is not shipped.
`pytest tests/test_translator.py -s` prints what notebook 08 quotes."""
from pathlib import Path
import pytest
from tinymt.translator import _limit, _loops

SHARED = Path(__file__).parents[2] / 'shared'
OUTPUTS, SPM = SHARED / 'teacher-outputs' / 'en-zh', SHARED / 'seed' / 'final-model-files' / 'source.spm'
pytestmark = pytest.mark.skipif(not (OUTPUTS.is_dir() and SPM.is_file()), reason=f'{SHARED} is missing')
SETS = 'flores-dev', 'wmt17', 'wmt18'

@pytest.fixture(scope='module')
def pieces():
    from sentencepiece import SentencePieceProcessor
    spm = SentencePieceProcessor(model_file=str(SPM))
    def read(name): return spm.encode((OUTPUTS / name).read_text(encoding='utf-8').splitlines(), out_type=str)
    return read

def test_no_human_translation_is_taken_for_a_loop_or_cut(pieces):
    pairs = [pair for s in SETS for pair in zip(pieces(f'{s}.en'), pieces(f'{s}.zh'), strict=True)]
    longest = max(len(ref) / _limit(src) for src, ref in pairs)
    print(f'\n{len(pairs)} references; the longest takes {longest:.0%} of its limit')
    assert len(pairs) == 6979 and not any(_loops(src, ref) for src, ref in pairs) and longest <= 1

def test_the_loops_of_the_real_teacher_are_found(pieces):
    found = {s: sum(_loops(src, out) for src, out in zip(pieces(f'{s}.en'), pieces(f'{s}.opusmt.zh'), strict=True)) for s in SETS}
    print(f'\nloops in the outputs of opus-mt-en-zh: {found}')
    assert found == {'flores-dev': 2, 'wmt17': 1, 'wmt18': 9}
