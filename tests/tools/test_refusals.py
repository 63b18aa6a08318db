"""Replies that decline to answer, and replies that only sound like it."""

from time import process_time

import pytest
from tests.tools import vision_replies

from playhead_tools.video_llm.refusals import is_refusal, is_refusing_option, yes_or_no

REFUSALS = [
    "The frames do not show what is asked.",
    "I cannot see that in the video.",
    "I can't tell from these frames.",
    "It is not possible to determine this from the clip.",
    "It's not possible to tell who is speaking.",
    "There is no information about that in the video.",
    "There is not enough information to answer the question.",
    "Unclear from the video.",
    "",
    "   ",
    "...",
    "N/A",
    "n/a.",
    "Not visible",
    "not visible.",
    "Not shown in these frames.",
    "no answer",
    "Unanswerable",
    "I don't know",
    "I do not know.",
    "The video does not show it",
    "Unfortunately, the provided frames don't contain enough information.",
    "I'm sorry, but I can't determine that.",
    "Sorry, I cannot answer this question based on the video.",
    "Based on the frames provided, it is unclear what he is holding.",
    "The colour of the coat cannot be determined.",
    "The question cannot be answered from the frames.",
    "The answer is not visible in the clip.",
    "What is asked is not shown.",
    "The man's face is not visible in the frames.",
    "None of the frames show this.",
    "I am unable to identify the person.",
    "I'm not sure.",
    "It is hard to say.",
    "Cannot be determined from the given clip.",
    "As an AI, I cannot watch videos.",
    "No information is given about this.",
    "The clip doesn't provide any details about the ending.",
    "There is no dog in the clip.",
    "**Not clear**",
    "Unknown.",
    "Insufficient information",
    "The image is too dark to make anything out.",
    "It is impossible to tell.",
    "I do not see a red car in these frames.",
    "No dog is visible.",
    "Answer: not visible",
    "The video frames provided do not show any man opening a door.",
    "I'm unable to see any text on the slide.",
    "From the frames given, I cannot determine the brand of the car.",
    "This cannot be determined from the visual content alone.",
    "The provided clip does not include audio, so I cannot say what is said.",
    "It isn't clear who is holding the cup.",
    "There's no way to tell from these images.",
    "No clear answer can be given.",
    "The action in question isn't visible.",
    "I see no such object.",
    "The text is too blurry to read.",
    "The text is illegible.",
    "Unable to determine.",
    "Can't say.",
    "Not enough context",
    "The frames don't show that.",
    "The frames only show a kitchen, so what was asked is not visible.",
    "I could not find any mention of a treasure.",
    "That is not shown.",
    "None of the provided frames depict a dog.",
    "We can't see the man's hands in this clip.",
    "It does not show.",
    "The video doesn't say.",
    "not mentioned in the video",
    "No.  I can't tell.",
    "None of the above frames show what is asked.",
    "Nothing in the frames shows what is asked.",
    "Nothing in this clip answers the question.",
    "The requested moment does not appear in the video.",
    "The person asked about does not appear in these frames.",
    "I have no information about that.",
    "I have no idea",
    "not clear who",
    "Undetermined",
    "Cannot tell",
    "there is insufficient visual evidence",
    "The frames are insufficient to determine the answer",
    "You cannot tell from the video",
    "The person's name is not mentioned or shown, so it is unknown. The frames are of a street.",
]
ANSWERS = [
    "No, the man does not open the door.",
    "Nothing is on the table.",
    "There is nothing on the table.",
    "The screen does not show a title but a chart.",
    "No.",
    "no",
    "Yes",
    "A red star.",
    "The man does not move.",
    "It stands still.",
    "He cannot open the door.",
    "She cannot see the road because of the fog.",
    'The sign reads "I cannot see you".',
    "“Not available” is written on the door.",
    "Nobody speaks.",
    "There is no milk in the glass.",
    "An unknown man enters the room.",
    "The unknown caller hangs up.",
    "He says that he does not know the answer.",
    "None",
    "Zero",
    "Two of the three lamps are not lit.",
    "The dog is not on the sofa; it lies on the floor.",
    "The door is closed and nobody opens it.",
    "The video game is shown on a monitor.",
    "I cannot see the exact colour, but it looks red.",
    "The clip shows a man who cannot find his keys.",
    "Not a car but a bus.",
    "The lights are not on.",
    "It is not raining.",
    "A blank screen, then a title.",
    "The picture on the wall does not move.",
    "The clear glass falls from the table.",
    "They are sorry and shake hands.",
    "Two men are arm wrestling at a table.",
    "The information desk is on the left.",
    "In the kitchen.",
    "At 0:12 the man says that it is impossible.",
    "B",
    "Not until the music stops.",
    "The man cannot be stopped.",
    "He is not visible at first, then walks in from the left.",
    "The car is not red.",
    "She does not show her face.",
    "The clip shows nothing moving.",
    "The frames show a man who does not move.",
    "A man in a picture frame.",
    "The video is about cooking.",
    "The scene is not a kitchen but a garage.",
    "They do not know each other.",
    "I see a dog.",
    "We see two men at a table, and it is not clear who wins.",
    "Nothing moves.",
    "There are no people in the room.",
    "There is no sound.",
    "The content of the box is a watch.",
    "The screen is black, then white text appears.",
    "The screen is blank.",
    "The shot is empty except for a chair.",
    "Hard hats.",
    "Impossible Burger",
    "Unclear water in a glass",
    "Not applicable law: the speaker quotes it",
    "the question mark on the board",
    "The answer 42 is written on the board.",
    "No one",
    "No information desk, a ticket counter",
    "Well, he jumps.",
    "It is dark and difficult to see the road, so he stops.",
]


@pytest.mark.parametrize("reply", REFUSALS)
def test_a_refusal_in_any_wording_is_a_refusal(reply: str) -> None:
    assert is_refusal(reply)


@pytest.mark.parametrize("reply", ANSWERS)
def test_an_answer_that_holds_a_negative_is_no_refusal(reply: str) -> None:
    assert not is_refusal(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "There is no dog in the clip.",
        "The dog is not visible.",
        "No, I cannot see a dog.",
        "No",
        "Not visible.",
    ],
)
def test_not_being_there_answers_a_question_of_yes_or_no(reply: str) -> None:
    assert not is_refusal(reply, yes_no=True)


@pytest.mark.parametrize(
    "reply", ["I cannot tell.", "It is unclear.", "The frames do not show what is asked.", "", "N/A"]
)
def test_not_being_able_to_tell_answers_no_question(reply: str) -> None:
    assert is_refusal(reply, yes_no=True)


@pytest.mark.parametrize("unit", ["the frames ", "i cannot ", "in the video, ", "no, ", "a" * 50 + " "])
def test_a_long_reply_is_read_in_the_time_of_a_short_one(unit: str) -> None:
    begun_s = process_time()
    is_refusal(unit * 20_000)
    assert process_time() - begun_s < 0.2


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("Yes.", True),
        ("**No**, the man sits.", False),
        ("No one opens the door.", False),
        ("There is no dog in the clip.", False),
        ("Now the man opens the door.", None),
        ("Notably, a dog barks.", None),
        ("Yesterday's news is on the screen.", None),
        ("I cannot tell.", None),
    ],
)
def test_a_reply_says_yes_or_no_only_with_the_whole_word_or_by_what_is_not_there(
    reply: str, said: bool | None
) -> None:
    assert yes_or_no(reply) is said


@pytest.mark.parametrize("reply", vision_replies.REFUSALS)
def test_a_refusal_as_vision_models_word_it_is_one(reply: str) -> None:
    assert is_refusal(reply)


@pytest.mark.parametrize("reply", vision_replies.ANSWERS)
def test_an_answer_with_the_words_of_a_refusal_is_none(reply: str) -> None:
    assert not is_refusal(reply)


@pytest.mark.parametrize(
    "option", ["Not visible", "Cannot be determined", "I don't know.", "It is not mentioned"]
)
def test_an_option_that_says_that_there_is_no_answer_declines(option: str) -> None:
    assert is_refusing_option(option)


@pytest.mark.parametrize(
    "option", ["The dog is not visible.", "No", "None of them", "Nobody is in the room", ""]
)
def test_an_option_that_states_something_does_not(option: str) -> None:
    assert not is_refusing_option(option)
