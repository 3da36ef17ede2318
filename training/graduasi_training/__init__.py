"""From the history of households to a bundle that was judged: labels, splits, fitting, evaluation, report, registry, drift."""
