"""Rewriting rules that make text: one small engine, and the rules for English.

Here: `Rules`, `expand`, and the stories, essays and conversations. Next door: `languages` has the
rules of other languages, real and invented; `arithmetic` makes problems whose answers are right;
`corpora` lists every kind of text and cuts it to size.

A rule is a symbol and its alternatives, separated by bars. `{symbol}` in an alternative is
rewritten in turn; a capitalised `{Symbol}` is chosen once and then kept for the whole document,
so that a story stays with its hero.
"""

from __future__ import annotations

import re
from random import Random

Rules = dict[str, tuple[str, ...]]

_SLOT = re.compile(r"\{(\w+)\}")
_STARTS = re.compile(r"(?:^|[.!?] )\w")


def rules(source: dict[str, str]) -> Rules:
    """Split each rule at its bars, blanks around an alternative dropped."""
    return {
        symbol: tuple(part.strip().replace("/n", "\n") for part in text.split("|"))
        for symbol, text in source.items()
    }


def expand(grammar: Rules, rng: Random, symbol: str, kept: dict[str, str] | None = None) -> str:
    """Rewrite `symbol` until no slot is left."""
    memory: dict[str, str] = {} if kept is None else kept

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name[0].islower():
            return expand(grammar, rng, name, memory)
        if name not in memory:
            memory[name] = expand(grammar, rng, name.lower(), memory)
        return memory[name]

    return _SLOT.sub(fill, rng.choice(grammar[symbol]))


def document(grammar: Rules, rng: Random, shortest: int, longest: int) -> str:
    """An opening, some sentences (`{say}`) and a closing, about the same things throughout."""
    kept: dict[str, str] = {}
    middle = ["say"] * rng.randint(shortest, longest)
    parts = [expand(grammar, rng, symbol, kept) for symbol in ("open", *middle, "close")]
    text = re.sub(r" *\n", "\n", " ".join(part for part in parts if part))
    return _STARTS.sub(lambda match: match[0].upper(), text)


_ENGLISH = {
    "name": "Anna | Ben | Clara | David | Emma | Felix | Grace | Henry | Iris | Jack | Kate | Leo"
    " | Mary | Noah | Olivia | Peter | Rose | Sam | Tom | Lucy",
    "animal": "fox | rabbit | bear | owl | mouse | cat | dog | bird | horse | wolf | frog | goat",
    "person": "boy | girl | farmer | queen | king | teacher | sailor | baker | doctor | neighbour"
    " | stranger | soldier | child | old woman | old man",
    "place": "forest | river | village | garden | house | mountain | city | kitchen | school"
    " | market | castle | harbour | library | field | station",
    "thing": "key | letter | lamp | book | coin | basket | ring | map | cake | box | flower"
    " | stone | clock | boat | coat | apple",
    "adjective": "old | small | red | quiet | bright | dark | strange | beautiful | little"
    " | broken | golden | cold | warm | empty | wooden | heavy",
    "feeling": "happy | sad | tired | afraid | angry | proud | surprised | lonely | hungry",
    "manner": "slowly | quickly | quietly | carefully | suddenly | gently | at last | again",
    "time": "One morning | That night | After a while | The next day | In the evening"
    " | When the rain stopped | Many years later | Before long | At noon | All at once",
    "where": "in the {place} | near the {place} | under a tree | by the {adjective} {place}"
    " | on the road | behind the {place} | across the {place}",
    "noun": "{adjective} {thing} | {thing} | {adjective} {animal} | {person}",
    "went": "went to | walked to | ran to | came back to | looked at | left | dreamed of",
    "did": "found | took | carried | lost | wanted | saw | bought | kept | hid | remembered",
}

STORIES = rules(
    _ENGLISH
    | {
        "hero": "{name} | {name} | the {animal} | the {adjective} {person}",
        "open": "Once upon a time there was {a} who lived {where}. {Hero} was called that by all."
        " | Once there was a {adjective} {animal} who lived {where}."
        " | There was once a {person} who had a {adjective} {thing}."
        " | {time} {Hero} went to the {place}. | {Hero} lived in a {adjective} house {where}."
        " | It was a {adjective} day and {Hero} was {feeling}."
        " | The {person} opened the door and saw {Hero}.",
        "a": "a {adjective} {person} | a {adjective} {animal} | a {person}",
        "say": "{time} {Hero} {went} the {place}. | {Hero} {did} a {noun} {where}."
        " | {time}, {Hero} {did} the {noun}. | There was a {noun} {where}."
        ' | "{speech}" said the {person}. | "{speech}" asked {Hero}. | {Hero} was very {feeling}.'
        " | The {place} was {adjective} and {adjective}. | So {Hero} {manner} {went} the {place}."
        " | But the {animal} was not there. | The {person} gave {Hero} a {noun}."
        " | Nobody knew where the {thing} was. | The wind was cold and the sky was dark.",
        "speech": "Where is my {thing}? | Come with me, | I have a {noun}, | Who are you?"
        " | Do not be {feeling}, | We must go to the {place}, | What is this? | Thank you,",
        "close": "And {Hero} was never {feeling} again. | They lived happily ever after."
        " | {Hero} went home and slept. | That was the end of the {adjective} {thing}."
        " | From that day on, {Hero} kept the {thing}. | The end.",
    }
)

ESSAYS = rules(
    _ENGLISH
    | {
        "subject": "science | music | the sea | history | language | the city | memory | trade"
        " | the weather | painting | mathematics | the human body | light | the law | travel",
        "quality": "important | difficult | simple | useful | ancient | common | rare | modern"
        " | dangerous | well known | free | necessary",
        "people": "people | scientists | writers | children | many of us | historians | engineers"
        " | the Greeks | our parents | most readers",
        "verb": "believe | say | know | argue | have shown | forget | discovered | hope",
        "part": "the first part | the theory | the purpose | the beginning | a study | the history"
        " | one of the causes | the cost | the idea | the origin",
        "open": "The history of {Subject} is long. | In the beginning, {Subject} was {quality}."
        " | It is well known that {Subject} is {quality}. | What is {Subject}?"
        " | There are many reasons to study {Subject}. | {people} {verb} that {Subject} matters.",
        "say": "However, {part} of {Subject} is {quality}. | For example, {people} {verb} that"
        " {subject} is more {quality} than {Subject}. | In the year {year}, {part} of {Subject}"
        " was {quality}. | It is not {quality} to say that {subject} is {quality}."
        " | The most {quality} thing about {Subject} is that it changes with {subject}."
        " | According to {people}, {part} of {subject} depends on {Subject}."
        " | If {Subject} is {quality}, then {subject} must be {quality} as well."
        " | Today {people} {verb} that {part} was {quality}. | This is because of {subject}.",
        "year": "18{digit}{digit} | 19{digit}{digit} | 16{digit}{digit} | 20{digit}{digit}",
        "digit": "0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9",
        "close": "In the end, {Subject} remains {quality}. | Therefore {Subject} is {quality}."
        " | That is the lesson of {subject}. | The question is still open.",
    }
)

DIALOGUE = rules(
    _ENGLISH
    | {
        "city": "Paris | London | Rome | Berlin | Madrid | Tokyo | Oslo | Cairo | Lima",
        "open": "User: {Ask}/nAssistant: {answer} | A: {greet}/nB: {reply} | {Name}: {greet}/n"
        "{Other}: {reply} | Q: {ask}/nA: {answer} | Human: {ask}/n/nAssistant: {answer}",
        "other": "Max | Nina | Oscar | Paula | Victor | Wendy",
        "greet": "Hello, how are you? | Good morning! | Hi {Other}, did you see the {thing}?"
        " | Are you coming to the {place} tonight? | I'm so {feeling} today. | What's wrong?"
        " | Can I ask you something? | Have you been to {city}?",
        "reply": "I'm fine, thank you. And you? | Yes, I saw it {where}. | No, not yet. Why?"
        " | I don't think so. | Of course! What is it? | Well, I lost my {thing}."
        " | Maybe tomorrow. | That's a {adjective} {thing}! | I would love to. | Really?",
        "ask": "What is the capital of France? | How do I make a {thing}? | Can you help me?"
        " | Where can I buy a {noun}? | Who wrote the {thing}? | Why is the sky blue?"
        " | Tell me a story about a {animal}. | What should I do in {city}?"
        " | Please write a short letter to my {person}. | How far is it to {city}?",
        "answer": "Sure! {advice} | I think that {advice} | I'm sorry, I don't know that."
        " | Of course. {advice} | You can find it {where}. | Yes, {advice} | That depends.",
        "advice": "you should go to the {place} first. | first, take a {adjective} {thing}."
        " | ask the {person} {where}. | the best way is to wait. | try it {manner}."
        " | it was a {adjective} {person} who did it. | {city} is beautiful in the morning.",
        "say": "/nUser: {ask}/nAssistant: {answer} | /nA: {greet}/nB: {reply}"
        " | /n{Name}: {greet}/n{Other}: {reply} | /n{Other}: {reply} | /n{Name}: {reply}",
        "close": " | /nUser: Thanks!/nAssistant: You're welcome. | /n{Name}: Goodbye!"
        " | /nA: See you.",
    }
)
