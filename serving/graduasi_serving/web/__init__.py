"""What every request passes through: body limits, problem answers, logs, languages and documented shapes."""
