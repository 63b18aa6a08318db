"""How multiple-choice benchmarks spell their fields: their own files first, then the hub and lmms-eval."""

from playhead_bench.evaluate.formats.gather import Spelling

EGOSCHEMA = Spelling(
    id=("q_uid", "uid", "video_idx"),
    video=("q_uid", "uid", "video_idx"),
    options=("option", "options"),
    numbered="option {}",
    answer=("truth", "answer"),
    ways=("index", "letter", "text"),
    answer_needed=False,
    meta=("google_drive_id", "question_idx"),
)
MLVU = Spelling(
    id=("question_id", "id"),
    video=("video", "video_name"),
    ways=("text", "letter", "index"),
    answer_needed=False,
    may_be_open=True,
    kind=("question_type", "task_type"),
    duration=("duration",),
    meta=("scoring_points", "question_type", "task_type"),
)
LONGVIDEOBENCH = Spelling(
    id=("id", "question_id"),
    video=("video_id", "video_path"),
    options=("candidates", "options"),
    numbered="option{}",
    blank="N/A",
    answer=("correct_choice", "answer"),
    ways=("index", "letter", "text"),
    answer_needed=False,
    kind=("question_category",),
    duration=("duration",),
    meta=("duration_group", "video_path", "subtitle_path", "starting_timestamp_for_subtitles", "level"),
)
HOURVIDEO = Spelling(
    id=("qid", "question_id"),
    video=("video_uid",),
    options=("mcq_test", "options", "answers"),
    numbered="answer_{}",
    numbered_from=1,
    answer=("correct_answer_label", "answer"),
    answer_needed=False,
    kind=("task",),
    duration=("duration_in_seconds",),
    windows=("relevant_timestamps",),
)
CGBENCH = Spelling(
    id=("qid",),
    video=("video_uid",),
    options=("choices",),
    answer=("right_answer", "answer"),
    ways=("letter", "text"),
    kind=("sub_category",),
    duration=("duration",),
    windows=("clue_intervals",),
    meta=("domain", "sub_category"),
)
VIDEOMME = Spelling(
    id=("question_id",),
    video=("videoID", "video_id"),
    options=("options", "choices"),
    kind=("task_type",),
    meta=(
        "video_id",
        "duration",
        "domain",
        "sub_category",
        "duration_category",
        "video_category",
        "video_subcategory",
        "url",
    ),
)
LVBENCH = Spelling(
    id=("uid", "question_id"),
    video=("key", "video_id", "video"),
    ways=("letter", "text"),
    kind=("question_type",),
    windows=("time_reference",),
    point_s=1.0,
    meta=("time_reference", "type", "question_type"),
)
AVA100 = Spelling(
    id=("question_id",),
    video=("video_id", "video_key"),
    question=("question", "query"),
    kind=("question_type", "task_type"),
    windows=("time_reference",),
    point_s=1.0,
    meta=("video_key", "time_reference"),
)
LVHAYSTACK = Spelling(
    id=("id",),
    video=("video_id", "video", "file_name"),
    ways=("letter", "text", "index"),
    answer_needed=False,
    may_be_open=True,
)
