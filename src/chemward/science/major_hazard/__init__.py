"""GB 18218-2018: is a unit a major hazard, and of which level. `grading.grade` answers; `live.grade_live` for what is there now."""
