"""How multiple-choice benchmarks spell their fields: their own files first, then the hub and lmms-eval."""

from playhead_bench.evaluate.formats.samples_from_rows import FieldNames

EGOSCHEMA = FieldNames(
    id=("q_uid", "uid", "video_idx"),
    video=("q_uid", "uid", "video_idx"),
    options=("option", "options"),
    numbered="option {}",
    answer=("truth", "answer"),
    answer_forms=("index", "letter", "text"),
    answer_needed=False,
    meta=("google_drive_id", "question_idx"),
)
MLVU = FieldNames(
    id=("question_id", "id"),
    video=("video", "video_name"),
    answer_forms=("text", "letter", "index"),
    answer_needed=False,
    may_be_open=True,
    kind=("question_type", "task_type"),
    duration=("duration",),
    meta=("scoring_points", "question_type", "task_type"),
)
LONGVIDEOBENCH = FieldNames(
    id=("id", "question_id"),
    video=("video_id", "video_path"),
    options=("candidates", "options"),
    numbered="option{}",
    blank="N/A",
    answer=("correct_choice", "answer"),
    answer_forms=("index", "letter", "text"),
    answer_needed=False,
    kind=("question_category",),
    duration=("duration",),
    meta=("duration_group", "video_path", "subtitle_path", "starting_timestamp_for_subtitles", "level"),
)
HOURVIDEO = FieldNames(
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
CGBENCH = FieldNames(
    id=("qid",),
    video=("video_uid",),
    options=("choices",),
    answer=("right_answer", "answer"),
    answer_forms=("letter", "text"),
    kind=("sub_category",),
    duration=("duration",),
    windows=("clue_intervals",),
    meta=("domain", "sub_category"),
)
VIDEOMME = FieldNames(
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
LVBENCH = FieldNames(
    id=("uid", "question_id"),
    video=("key", "video_id", "video"),
    answer_forms=("letter", "text"),
    kind=("question_type",),
    windows=("time_reference",),
    point_s=1.0,
    meta=("time_reference", "type", "question_type"),
)
AVA100 = FieldNames(
    id=("question_id",),
    video=("video_id", "video_key"),
    question=("question", "query"),
    kind=("question_type", "task_type"),
    windows=("time_reference",),
    point_s=1.0,
    meta=("video_key", "time_reference"),
)
LVHAYSTACK = FieldNames(
    id=("id",),
    video=("video_id", "video", "file_name"),
    answer_forms=("letter", "text", "index"),
    answer_needed=False,
    may_be_open=True,
)
