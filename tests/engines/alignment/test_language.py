"""Which language words are in, told from a single line each: harder than a whole song. The lines are our own."""

import pytest

from music_separator.engines.alignment.language import guessed, language_of
from music_separator.engines.alignment.words import spoken_form

LINES = {
    "hr": """
        Zašto šutiš kad te gledam
        Još uvijek čekam da se vratiš kući
        Nad gradom pada kiša i noć je duga
        Ljubavi moja, gdje si sada
        Đurđica cvate ispod prozora
        Njezine ruke miluju mi lice
        Džepovi su prazni, srce mi je puno
        Ljeto je prošlo, a ja još sanjam more
        Čežnja me vodi kroz tvoje ulice
        Nije mi žao što sam te voljela
        Pjevaj sa mnom do jutra
        Sve što imam dat ću tebi
        Vjetar nosi lišće preko polja
        Kad bih znao da ćeš doći
        Dođi mi večeras, dušo moja
        Moja mala kuća na brijegu
        Ne mogu više bez tebe
        Zvijezde su noćas tako blizu
        Htjela bih ti reći sve
        Sunce izlazi, a mi plešemo
    """,
    "en": """
        The night is falling on our little town
        Hold me closer while the music plays
        Every morning I remember your face
        Nobody told me it would hurt this much
        We were young and we had nothing to lose
        Somewhere beyond the hills there is a light
    """,
    "de": """
        Die Nacht ist kalt und ich bin allein
        Wenn die Sonne hinter den Dächern versinkt
        Komm mit mir ans Meer, mein Herz
        Alle meine Träume gehören nur dir
        Ich habe heute nichts versäumt
        Wir tanzen durch die leeren Straßen
    """,
    "fr": """
        La nuit tombe sur la ville endormie
        Je marche seul au bord de la rivière
        Tes yeux sont comme deux étoiles
        Quand tu reviendras, je serai là
        Nous dansions sous la pluie de septembre
        Rien ne sera plus jamais pareil
    """,
    "es": """
        La noche cae sobre nuestro pueblo
        Quiero caminar contigo por la playa
        Tus ojos brillan como dos luceros
        Mañana volveré a buscarte
        Siempre estoy pensando en aquella tarde
        Nadie me dijo que dolería tanto
    """,
    "it": """
        La notte scende sulla nostra città
        Voglio camminare con te lungo il mare
        I tuoi occhi sono come due stelle
        Domani tornerò a cercarti
        Quando sei qui con me non ho paura
        Nessuno mi ha detto che faceva così male
    """,
    "pt": """
        A noite cai sobre a nossa cidade
        Quero caminhar com você pela praia
        Os teus olhos são como duas estrelas
        Amanhã voltarei a te procurar
        Quando você foi embora, o sol se apagou
        Ninguém me disse que ia doer tanto
    """,
    "pl": """
        Noc zapada nad naszym miastem
        Chcę iść z tobą brzegiem morza
        Twoje oczy są jak dwie gwiazdy
        Jutro wrócę, żeby cię odnaleźć
        Nikt mi nie mówił, że to tak boli
        Powiedz mi, gdzie teraz jesteś
    """,
    "cs": """
        Noc padá na naše město
        Chci s tebou jít podél řeky
        Tvoje oči jsou jako dvě hvězdy
        Zítra se vrátím, abych tě našel
        Nikdo mi neřekl, že to tak bolí
        Když přijde zima, budu s tebou
    """,
    "ru": """
        Ночь опускается на наш город
        Я хочу идти с тобой вдоль моря
        Твои глаза как две звезды
        Завтра я вернусь за тобой
        Никто не сказал мне, что будет так больно
    """,
    "uk": """
        Ніч спускається на наше місто
        Я хочу йти з тобою понад морем
        Твої очі як дві зірки
        Завтра я повернуся по тебе
    """,
    "bg": """
        Нощта пада над нашия град
        Искам да вървя с теб край морето
        Твоите очи са като две звезди
        Утре ще се върна за теб
    """,
    "sr": """
        Ноћ пада на наш град
        Желим да шетам с тобом поред мора
        Твоје очи су као две звезде
        Сутра ћу се вратити по тебе
    """,
    "sk": """
        Noc padá na naše mesto
        Chcem ísť s tebou popri mori
        Tvoje oči sú ako dve hviezdy
        Zajtra sa vrátim, aby som ťa našiel
    """,
    "sl": """
        Noč pada na naše mesto
        Rad bi hodil s teboj ob morju
        Tvoje oči so kot dve zvezdi
        Jutri se bom vrnil pote
    """,
    "hu": """
        Az éj leszáll a városunkra
        Veled akarok sétálni a tenger mellett
        A szemed olyan, mint két csillag
    """,
    "nl": """
        De nacht valt over onze stad
        Ik wil met jou langs de zee lopen
        Jouw ogen zijn als twee sterren
    """,
    "sv": """
        Natten faller över vår stad
        Jag vill gå med dig längs havet
        Dina ögon är som två stjärnor
    """,
    "tr": """
        Gece çöküyor şehrimize
        Seninle deniz kıyısında yürümek istiyorum
        Gözlerin iki yıldız gibi
    """,
    "ro": """
        Noaptea cade peste orașul nostru
        Vreau să merg cu tine pe malul mării
        Ochii tăi sunt ca două stele
    """,
    "el": "Η νύχτα πέφτει πάνω στην πόλη\nΤα μάτια σου είναι σαν δυο αστέρια",
    "ja": "夜が私たちの町に降りてくる\nあなたの目は二つの星のよう\nさくら さくら 弥生の空は",
    "ko": "밤이 우리 도시에 내려와\n너의 눈은 두 개의 별 같아",
    "cmn": "夜晚降临在我们的城市\n你的眼睛像两颗星星",
    "ar": "الليل ينزل على مدينتنا\nعيناك مثل نجمتين\nيا ليل يا عين",
    "fa": "شب بر شهر ما فرود می‌آید\nچشم‌هایت مثل دو ستاره است",
    "he": "הלילה יורד על העיר שלנו\nהעיניים שלך כמו שני כוכבים",
    "hi": "रात हमारे शहर पर उतरती है\nतुम्हारी आँखें दो सितारों जैसी हैं",
}
CASES = [(language, line.strip()) for language, lines in LINES.items() for line in lines.strip().split("\n")]
LEAST_RIGHT = 0.96
"""Measured: 123 of these 126 lines. A list of common words, which was here before, had 68 and 9 of 20 Croatian ones."""


def test_nearly_every_line_is_told_right_and_every_croatian_one():
    wrong = [(language, guessed(line), line) for language, line in CASES if guessed(line) != language]
    assert len(wrong) <= (1 - LEAST_RIGHT) * len(CASES), wrong
    assert [line for language, _, line in wrong if language == "hr"] == []


@pytest.mark.parametrize("language", LINES)
def test_a_whole_song_is_told_right(language: str):
    assert guessed(LINES[language]) == language


@pytest.mark.parametrize("text", ["Volim te kao što reka voli more", "Gde si sada kad mi treba lepa reč"])
def test_serbian_in_latin_letters_is_spoken_as_croatian(text: str):
    assert guessed(text) == "hr"


@pytest.mark.parametrize(
    ("text", "language"),
    [("la la la", "en"), ("oh", "en"), ("1 2 3", "en"), ("", "en"), ("🎤 ♪", "en"), ("да", "ru"), ("नमः", "hi")],
)
def test_what_says_nothing_is_the_commonest_language_of_its_script(text: str, language: str):
    assert guessed(text) == language


def test_most_letters_decide_in_a_song_of_two_scripts():
    assert guessed("Ljubav, ljubav moja, gdje si sada\nлюбовь") == "hr"
    assert guessed("Ночь опускается на наш город\nbaby") == "ru"


def test_a_guess_is_made_only_where_nobody_gives_the_language():
    assert language_of("Die Nacht ist kalt", "hr") == "hr"
    assert language_of("Die Nacht ist kalt und ich bin allein", "und") == "de"


def test_croatian_letters_are_spoken_also_where_two_are_one_character():
    assert [spoken_form(word) for word in ("ǈubav", "ǋegova", "ǅep", "ǆep")] == ["ljubav", "njegova", "džep", "džep"]
