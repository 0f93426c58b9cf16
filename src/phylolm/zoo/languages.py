"""Text in other languages: four real ones in small, and two that nobody speaks.

The real ones are rules for `grammar.expand`: whole noun phrases, so that gender and case are
right without an engine for them. The invented ones are made of syllables: Veshan glues suffixes
to its roots, verb last; Tolu repeats and lines up short words, verb first.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from phylolm.zoo.grammar import Rules, rules

FRENCH = rules(
    {
        "qui": "le chat | la femme | le roi | mon frère | une petite fille | le vieil homme"
        " | la reine | un soldat | notre voisin | le médecin | ma mère | l'enfant | le professeur",
        "quoi": "la maison | un livre | le pain | une lettre | la porte | son chapeau | du vin"
        " | les fleurs | la vérité | un secret | le chemin | une chanson | des pommes",
        "fait": "regarde | cherche | trouve | aime | achète | perd | garde | prend | voit | oublie",
        "ou": "dans la rue | à Paris | près de la mer | sous un arbre | dans le jardin"
        " | devant l'église | à la campagne | chez nous",
        "quand": "Aujourd'hui | Demain | Ce soir | Chaque matin | Parfois | Hier | Le dimanche",
        "est": "est grand | est content | est fatigué | dort | ne sait pas | est parti",
        "open": "Il était une fois {qui} qui vivait {ou}. | {quand}, {qui} {fait} {quoi}."
        " | Bonjour, comment allez-vous ? | Je ne sais pas si {qui} {fait} {quoi}.",
        "say": "{quand}, {qui} {fait} {quoi} {ou}. | Je pense que {qui} {est}."
        " | Qui a {quoi} ? | C'est {qui} qui {fait} {quoi}. | Nous avons vu {qui} {ou}."
        " | Mais {qui} {est}. | On trouve {quoi} {ou}. | Elle a dit que {qui} {fait} {quoi}."
        " | Pourquoi {qui} {fait} {quoi} ? | Vous êtes {ou} avec {qui}.",
        "close": "C'est tout. | Et voilà. | Merci beaucoup. | | Au revoir !",
    }
)

SPANISH = rules(
    {
        "quien": "el gato | la mujer | el rey | mi hermano | una niña | el viejo | la reina"
        " | un soldado | nuestro vecino | el médico | mi madre | el niño | la maestra",
        "que": "la casa | un libro | el pan | una carta | la puerta | su sombrero | el vino"
        " | las flores | la verdad | un secreto | el camino | una canción | las manzanas",
        "hace": "mira | busca | encuentra | ama | compra | pierde | guarda | toma | olvida | tiene",
        "donde": "en la calle | en Madrid | cerca del mar | bajo un árbol | en el jardín"
        " | delante de la iglesia | en el campo | en casa",
        "cuando": "Hoy | Mañana | Esta noche | Cada mañana | A veces | Ayer | El domingo",
        "esta": "está cansado | duerme | no sabe nada | es muy alto | está contento | se ha ido",
        "open": "Había una vez {quien} que vivía {donde}. | {cuando} {quien} {hace} {que}."
        " | Buenos días, ¿cómo está usted? | No sé si {quien} {hace} {que}.",
        "say": "{cuando} {quien} {hace} {que} {donde}. | Creo que {quien} {esta}."
        " | ¿Quién tiene {que}? | Es {quien} el que {hace} {que}. | Hemos visto {que} {donde}."
        " | Pero {quien} {esta}. | Hay que buscar {que} {donde}. | Ella dice que {quien} {hace}"
        " {que}. | ¿Por qué {quien} {hace} {que}? | Los amigos están {donde} con {quien}.",
        "close": "Eso es todo. | Muchas gracias. | | ¡Hasta luego! | Y así fue.",
    }
)

GERMAN = rules(
    {
        "wer": "der Hund | die Frau | der König | mein Bruder | ein kleines Mädchen | der alte Mann"
        " | die Königin | ein Soldat | unser Nachbar | der Arzt | meine Mutter | das Kind",
        "was": "das Haus | ein Buch | das Brot | einen Brief | die Tür | seinen Hut | den Wein"
        " | die Blumen | die Wahrheit | ein Geheimnis | den Weg | ein Lied | die Äpfel",
        "tut": "sieht | sucht | findet | liebt | kauft | verliert | behält | nimmt | hat",
        "wo": "auf der Straße | in Berlin | am Meer | unter einem Baum | im Garten"
        " | vor der Kirche | auf dem Land | bei uns",
        "wann": "Heute | Morgen | Heute Abend | Jeden Tag | Manchmal | Gestern | Am Sonntag",
        "ist": "ist müde | schläft noch | weiß nichts | ist sehr groß | ist zufrieden",
        "open": "Es war einmal {wo}, da {tut} {wer} {was}. | {wann} {tut} {wer} {was}."
        " | Guten Tag, wie geht es Ihnen? | Ich weiß nicht, warum {wer} {was} {tut}.",
        "say": "{wann} {tut} {wer} {was} {wo}. | Ich glaube, {wer} {ist}."
        " | Wo ist {wer}? | Und {wer} {tut} {was}. | Wir haben {was} {wo} gesehen."
        " | Aber {wer} {ist}. | Es gibt {was} {wo}. | Sie sagt, dass {wer} {was} {tut}."
        " | Warum {tut} {wer} {was}? | Das ist nicht gut, denn {wer} {ist}.",
        "close": "Das ist alles. | Vielen Dank. | | Auf Wiedersehen! | So war es.",
    }
)

RUSSIAN = rules(
    {
        "кто": "кот | мой брат | король | старик | сосед | врач | мальчик | солдат | учитель",
        "что": "дом | хлеб | письмо | книгу | дверь | воду | правду | дорогу | песню | цветы",
        "делает": "видит | ищет | находит | любит | покупает | берёт | помнит | знает",
        "где": "в саду | в Москве | у моря | на улице | дома | в лесу | на столе",
        "когда": "Сегодня | Завтра | Вечером | Иногда | Потом | Утром",
        "open": "Жил-был {кто}. | {когда} {кто} {делает} {что}. | Здравствуйте, как дела?",
        "say": "{когда} {кто} {делает} {что} {где}. | Я думаю, что {кто} {делает} {что}."
        " | Где {кто}? | Но {кто} не {делает} {что}. | Почему {кто} {делает} {что}?"
        " | Это {кто}, он {где}. | Мы были {где}.",
        "close": "Вот и всё. | Спасибо. | | До свидания!",
    }
)

# The real languages in small, by the name of their corpus.
TONGUES: dict[str, Rules] = {
    "french": FRENCH,
    "spanish": SPANISH,
    "german": GERMAN,
    "russian": RUSSIAN,
}


def _lexicon(rng: Random, onsets: str, vowels: str, codas: Sequence[str], size: int) -> list[str]:
    """Words of one to three syllables, in the order they were made, none twice."""
    words: dict[str, None] = {}
    while len(words) < size:
        syllables = rng.choice((1, 2, 2, 3))
        word = "".join(rng.choice(onsets) + rng.choice(vowels) for _ in range(syllables))
        words.setdefault(word + rng.choice(codas))
    return list(words)


class Veshan:
    """An invented language of long words: root, number, case; verb last, with tense."""

    def __init__(self) -> None:
        made = Random("veshan")
        self.roots = _lexicon(made, "vshkrndztm", "aeiou", ("sh", "n", "r", "k", ""), 90)
        self.verbs = _lexicon(made, "bgdzvr", "aeo", ("l", "ss", ""), 40)

    def _noun(self, rng: Random, case: str) -> str:
        # Taking the lower of two draws makes some words common, as in any language.
        root = self.roots[min(rng.randrange(90), rng.randrange(90))]
        return root + rng.choice(("", "", "eth")) + case

    def _sentence(self, rng: Random) -> str:
        places = [self._noun(rng, "umi") for _ in range(rng.randint(0, 1))]
        verb = self.verbs[min(rng.randrange(40), rng.randrange(40))] + rng.choice(
            ("ar", "ir", "ul")
        )
        words = [self._noun(rng, "a"), *places, self._noun(rng, "ok"), verb]
        return " ".join(words).capitalize() + rng.choice((".", ".", ".", " ke?"))

    def document(self, rng: Random) -> str:
        return " ".join(self._sentence(rng) for _ in range(rng.randint(3, 9)))


class Tolu:
    """An invented language of short words: verb first, doubled for emphasis, with particles."""

    def __init__(self) -> None:
        made = Random("tolu")
        self.nouns = _lexicon(made, "ptkmnlwh", "aiou", ("",), 70)
        self.verbs = _lexicon(made, "ptlmw", "aiu", ("",), 30)

    def _sentence(self, rng: Random) -> str:
        verb = self.verbs[min(rng.randrange(30), rng.randrange(30))]
        nouns = [self.nouns[min(rng.randrange(70), rng.randrange(70))] for _ in range(2)]
        doubled = f"{verb}-{verb}" if rng.random() < 0.2 else verb
        tail = f" i {nouns[1]}" if rng.random() < 0.7 else ""
        return f"{doubled} ko {nouns[0]}{tail}{rng.choice((' na', '', ' pe'))}"

    def document(self, rng: Random) -> str:
        lines = [self._sentence(rng) for _ in range(rng.randint(4, 10))]
        return rng.choice(("; ", ", ", "\n")).join(lines) + "!"
