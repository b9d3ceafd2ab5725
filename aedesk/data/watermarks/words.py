"""What training watermarks say: words and phrases in many scripts, names, addresses, copyright lines, dates.

Evaluation has words of its own (:mod:`aedesk.data.watermarks.held_out`). No name of an agency or a photographer is among them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Script:
    """A writing system.

    Args:
        weight: relative frequency among texts.
        probe: characters that a font must draw, and draw differently, to count as having the script.
        words: whole words.
        letters: characters to make up further words from; empty if letters cannot simply be strung together.
    """

    weight: int
    probe: str
    words: tuple[str, ...]
    letters: str = ""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _range(first: int, last: int) -> str:
    return "".join(map(chr, range(first, last + 1)))


SCRIPTS: dict[str, Script] = {
    "latin": Script(
        62,
        "agR",
        _words(
            "PROOF Sample COPY Preview photo studio DRAFT Light images portrait Wedding by archive Foto gallery river North free demo"
            " Evaluation muestra échantillon Vorschau Kopie esempio amostra näyte próbka ukázka örnek mẫu exemplu campione prueba épreuve"
            " Entwurf brouillon borrador bozza wersja taslak confidential original exclusive limited edition collection vintage classic"
            " media creative design visual pixel frame lens focus camera capture moments memories story journey nature wild mountain ocean"
            " forest garden sunset summer winter spring autumn silver golden blue red green white black little big urban city street"
            " coffee kitchen bakery travel events sports school music dance theatre museum library house family baby kids love smile joy"
            " magic dream spirit soul art arts craft works lab factory company group brothers sisters agency partners production film"
            " cinema video news daily press magazine journal post review market store boutique fashion style beauty hair models"
            " Straße façade año naïve Übersicht Ångström œuvre crème jalapeño Żółć Łódź Çelik Škoda Győr Đà ñandú"
        ),
        _range(65, 90) + _range(97, 122),
    ),
    "greek": Script(
        4,
        "λΩπ",
        _words("δείγμα φωτογραφία αντίγραφο προεπισκόπηση στούντιο εικόνα φως θάλασσα Αθήνα γάμος πορτρέτο αρχείο τέχνη ΕΙΚΟΝΑ"),
        _range(0x3B1, 0x3C9),
    ),
    "cyrillic": Script(
        8,
        "жФд",
        _words(
            "образец фото копия студия просмотр снимок портрет свадьба архив свет река город зразок світлина ФОТОГРАФИЯ кадър преглед"
            " слика узорак Москва Киев София зима лето любовь семья журнал новости"
        ),
        _range(0x410, 0x44F),
    ),
    "arabic": Script(
        5,
        "شعم",
        (
            "عينة",
            "صورة",
            "نسخة",
            "معاينة",
            "استوديو",
            "تصوير",
            "حقوق محفوظة",
            "معرض",
            "ضوء",
            "مدينة",
            "زفاف",
            "أرشيف",
            "نمونه",
            "عکس",
            "تصویر",
        ),
        _range(0x628, 0x63A) + _range(0x641, 0x64A),
    ),
    "hebrew": Script(
        3,
        "אשמ",
        ("דוגמה", "צילום", "העתק", "סטודיו", "תמונה", "תצוגה", "ארכיון", "אור", "חתונה", "עיר", "כל הזכויות שמורות"),
        _range(0x5D0, 0x5EA),
    ),
    "devanagari": Script(4, "कमस", ("नमूना", "फोटो", "प्रति", "चित्र", "स्टूडियो", "पूर्वावलोकन", "प्रकाश", "शादी", "संग्रह", "नदी", "शहर")),
    "bengali": Script(1, "কমস", ("নমুনা", "ছবি", "অনুলিপি", "স্টুডিও", "আলো", "নদী")),
    "tamil": Script(1, "கமச", ("மாதிரி", "படம்", "நகல்", "ஒளி", "நகரம்")),
    "thai": Script(
        4,
        "กมส",
        ("ตัวอย่าง", "ภาพถ่าย", "สำเนา", "สตูดิโอ", "แสง", "ทะเล", "เมือง", "ลิขสิทธิ์", "งานแต่งงาน"),
        _range(0xE01, 0xE2E),
    ),
    "georgian": Script(1, "აფქ", ("ნიმუში", "ფოტო", "ასლი", "სინათლე"), _range(0x10D0, 0x10F0)),
    "armenian": Script(1, "աքՖ", ("նմուշ", "լուսանկար", "պատճեն", "լույս"), _range(0x561, 0x586)),
    "ethiopic": Script(1, "ሀመሰ", ("ናሙና", "ፎቶ", "ቅጂ", "ብርሃን")),
    "chinese": Script(
        6,
        "中国的",
        _words("样本 图片 版权所有 摄影 预览 请勿转载 摄影工作室 素材 光影 山水 北京 上海 婚礼 樣本 圖片 攝影 預覽 禁止轉載 台北 香港"),
        _range(0x4E00, 0x8FFF),
    ),
    "japanese": Script(
        4,
        "かテの",
        ("見本", "サンプル", "写真", "著作権", "プレビュー", "スタジオ", "転載禁止", "撮影", "東京", "ひかり", "フォト", "京都", "結婚式"),
        _range(0x3042, 0x3093) + _range(0x30A2, 0x30F3),
    ),
    "korean": Script(
        4,
        "한국사",
        ("견본", "사진", "저작권", "미리보기", "스튜디오", "복사 금지", "촬영", "서울", "빛", "바다", "결혼식"),
        _range(0xAC00, 0xD000),
    ),
}
"""Weights favour Latin, in which most marks are written."""

NAMES = _words(
    "Anna Maria Elena Sofia Clara Lucía Chloé Zoë Ingrid Yuki Mei Aisha Fatima Priya Olga Irina Hanna Marta Ines Noor Emily Grace Ruth"
    " John David Peter Thomas Lukas Jan Piotr Ivan Sergei Mehmet Omar Ali Ravi Arjun Kenji Wei Minh Carlos Pablo Luca Marco Pierre"
    " Henri Lars Erik Björn Oliver Samuel Daniel Adam"
)
SURNAMES = _words(
    "Keller Schmidt Wagner Hoffmann Müller Rossi Bianchi García Fernández Silva Santos Dubois Laurent Moreau Jansen Visser Nielsen"
    " Johansson Virtanen Kowalski Nowak Novák Horváth Popescu Ivanov Petrov Yılmaz Demir Haddad Khan Sharma Patel Gupta Tanaka Suzuki"
    " Chen Wang Li Nguyen Kim Park Smith Brown Taylor Walker Wright Green Baker Turner Murphy Kelly"
)
NOTICES = (
    "All rights reserved", "NOT FOR SALE", "do not print", "do not copy", "stock photo", "stock image", "preview only", "sample image",
    "for review only", "for approval only", "low resolution preview", "royalty free", "editorial use only", "unpaid proof",
    "property of the artist", "no reproduction", "high quality download", "buy this picture", "licensed image", "comp image",
    "tous droits réservés", "alle Rechte vorbehalten", "todos los derechos reservados", "tutti i diritti riservati", "nur zur Ansicht",
)  # fmt: skip
ENDINGS = (
    ".com",
    ".net",
    ".org",
    ".de",
    ".fr",
    ".it",
    ".co.uk",
    ".jp",
    ".studio",
    ".photo",
    ".art",
    ".example",
    ".pl",
    ".br",
    ".in",
    ".eu",
)


def is_word_of_training(word: str) -> bool:
    """Whether a word (case ignored) may occur in a training watermark other than by chance."""
    lists = (*(script.words for script in SCRIPTS.values()), NAMES, SURNAMES, NOTICES)
    return word.casefold() in {part.casefold() for words in lists for phrase in words for part in phrase.split()}


def random_text(script: str, rng: Random) -> str:
    """One or more lines of text in a script; long lines are common."""
    if script == "latin":
        text = rng.choices(_LATIN_FORMS, _LATIN_WEIGHTS)[0](rng)
        return _cased(text, rng)
    words = [_word(SCRIPTS[script], rng) for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 5)))]
    text = ("\n" if len(words) > 1 and rng.random() < 0.15 else " ").join(words)
    if rng.random() < 0.15:
        text = f"{text} {rng.randint(1995, 2030)}"
    return text


def random_name(rng: Random) -> str:
    """A made-up name of a person or a company, for a line beside a logo."""
    return _cased(_person(rng) if rng.random() < 0.4 else _company(rng), rng)


def random_date(rng: Random) -> str:
    """A date as cameras print it."""
    day, month, year = rng.randint(1, 31), rng.randint(1, 12), rng.randint(80, 130) % 100
    form = rng.choice(
        ("{1:2d} {0:2d} '{2:02d}",
         "'{2:02d} {1:2d} {0:2d}", "{0:02d}/{1:02d}/20{2:02d}", "{0:02d}.{1:02d}.{2:02d}", "20{2:02d}-{1:02d}-{0:02d}")
    )  # fmt: skip
    date = form.format(day, month, year)
    return f"{date}  {rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}" if rng.random() < 0.25 else date


def _word(script: Script, rng: Random) -> str:
    if script.letters and rng.random() < 0.35:
        return "".join(rng.choice(script.letters) for _ in range(rng.randint(2, 8)))
    return rng.choice(script.words)


def _cased(text: str, rng: Random) -> str:
    u = rng.random()
    return text.upper() if u < 0.25 else text.lower() if u < 0.35 else text


def _some_words(rng: Random) -> str:
    words = [_word(SCRIPTS["latin"], rng) for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4, 6, 9)))]
    if len(words) > 1 and rng.random() < 0.25:
        words.insert(len(words) // 2, "\n")
    return " ".join(words).replace(" \n ", "\n")


def _person(rng: Random) -> str:
    first, last = rng.choice(NAMES), rng.choice(SURNAMES)
    return rng.choice((f"{first} {last}", f"{first[0]}. {last}", first, f"{first} {last} {rng.choice(SCRIPTS['latin'].words)}"))


def _company(rng: Random) -> str:
    words = [rng.choice(SCRIPTS["latin"].words).capitalize() for _ in range(rng.choice((1, 1, 2, 2, 3)))]
    return rng.choice(("", "", "The ", f"{rng.choice(SURNAMES)} & ")) + " ".join(words)


def _address(rng: Random) -> str:
    name = "".join(rng.choice((rng.choice(NAMES), rng.choice(SCRIPTS["latin"].words))).lower() for _ in range(rng.choice((1, 2, 2))))
    name = "".join(letter for letter in name if letter.isascii()) or "pictures"
    return rng.choice(("", "", "www.", "https://", "@", f"{rng.choice(NAMES).lower()}@")) + name + rng.choice(ENDINGS)


def _copyright(rng: Random) -> str:
    sign = rng.choice(("\N{COPYRIGHT SIGN}", "\N{COPYRIGHT SIGN}", "(c)", "Copyright", "Photo:", "Foto:", "Photo by", "Image"))
    owner = rng.choice((_person, _company, _address))(rng)
    year = rng.choice(("", f"{rng.randint(1998, 2030)} "))
    notice = rng.choice(("", "", "", f". {rng.choice(NOTICES)}", f" | {_address(rng)}"))
    return f"{sign} {year}{owner}{notice}"


def _notice(rng: Random) -> str:
    notice = rng.choice(NOTICES)
    return rng.choice((notice, notice.title(), f"{notice} - {_company(rng)}", f"{notice}\n{_address(rng)}"))


def _number(rng: Random) -> str:
    digits = str(rng.randrange(10 ** rng.randint(2, 9)))
    return rng.choice(("ID {}", "No. {}", "#{}", "{}", "IMG_{}", "image {}", "DSC{}")).format(digits)


_LATIN_FORMS: tuple[Callable[[Random], str], ...] = (_some_words, _person, _company, _address, _copyright, _notice, _number, random_date)
_LATIN_WEIGHTS = (30, 8, 8, 12, 14, 14, 5, 5)
