"""What a search over settings found, for the model card and for MLflow; reads the evaluation's section `tuning` alone."""

from typing import Any

from graduasi_training.card_words import count, decimal

NOT_TUNED = {
    "en": "The settings were not searched; the defaults were used.",
    "id": "Pengaturan tidak dicari; yang dipakai adalah pengaturan bawaan.",
}
TUNED = {
    "en": "The settings were searched: {trials} of {asked} trials in {seconds} seconds, on what was known by {known_by}, the first test "
    "date. Of the trials within one standard error of the best (out-of-fold log loss {best}), the one with the fewest and smallest "
    "trees was taken ({chosen}; the defaults {default}): {settings}.",
    "id": "Pengaturan dicari: {trials} dari {asked} percobaan dalam {seconds} detik, dengan apa yang diketahui pada {known_by}, tanggal "
    "uji pertama. Di antara percobaan dalam satu galat baku dari yang terbaik (log loss di luar lipatan {best}), diambil yang pohonnya "
    "paling sedikit dan paling kecil ({chosen}; bawaan {default}): {settings}.",
}
WORTH = {
    "en": {
        "better": "It was worth it on the cohort of {day}, which had no say: the log loss is lower than with the defaults, by {gain}.",
        "worse": "It was not worth it on the cohort of {day}, which had no say: the log loss is higher than with the defaults, a gain of {gain}.",
        "indistinguishable": "Nothing shows that it was worth it: on the cohort of {day}, which had no say, the log loss is indistinguishable from that "
        "with the defaults, a gain of {gain}.",
    },
    "id": {
        "better": "Pencarian itu berguna pada kohort {day}, yang tidak ikut menentukan: log loss lebih rendah daripada dengan bawaan, sebesar {gain}.",
        "worse": "Pencarian itu tidak berguna pada kohort {day}, yang tidak ikut menentukan: log loss lebih tinggi daripada dengan bawaan, selisih {gain}.",
        "indistinguishable": "Tidak ada bukti bahwa pencarian itu berguna: pada kohort {day}, yang tidak ikut menentukan, log loss tidak dapat dibedakan "
        "dari bawaan, selisih {gain}.",
    },
}
INTERVAL = {"en": "95 % interval {low} to {high}", "id": "selang 95 % {low} sampai {high}"}


def tuning_paragraph(tuning: dict[str, Any] | None, language: str = "en") -> str:
    """What was tried, what was chosen, what it cost, and whether it was worth it."""
    if tuning is None:
        return NOT_TUNED[language]
    later = tuning["gain_later"]["log_loss"]
    gain, low, high = (decimal(later[key], language, 4, signed=True) for key in ("difference", "low", "high"))
    if later["low"] is not None:
        gain += f" ({INTERVAL[language].format(low=low, high=high)})"
    tried = TUNED[language].format(
        trials=tuning["trials"],
        asked=tuning["trials_asked"],
        seconds=count(tuning["seconds"], language),
        known_by=tuning["window"]["known_by"],
        **{name: decimal(tuning[f"log_loss_{name}"], language, 4) for name in ("best", "chosen", "default")},
        settings=", ".join(f"{name} {value:g}" for name, value in tuning["chosen"].items()),
    )
    worth = WORTH[language][later["verdict"]].format(day=tuning["gain_later"]["test_as_of"], gain=gain)
    return f"{tried} {worth}"


def log_trials(mlflow: Any, tuning: dict[str, Any] | None) -> None:
    """Each trial as a run nested in the one that is active: its settings, its log loss, what it cost."""
    if tuning is None:
        return
    for number, trial in enumerate(tuning["history"]):
        with mlflow.start_run(run_name=f"trial-{number}", nested=True):
            mlflow.log_params(trial["settings"])
            mlflow.log_metrics({"log_loss": trial["log_loss"], "seconds": trial["seconds"]})
            mlflow.set_tags(
                {
                    "kind": "trial",
                    "within_one_standard_error": str(trial["within_one_standard_error"]).lower(),
                    "chosen": str(trial["settings"] == tuning["chosen"]).lower(),
                }
            )
