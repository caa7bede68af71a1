#!/usr/bin/env python3
"""Writes op_values/metrics.txt: curves, areas, calibration, confusion matrices and class scores of
scikit-learn."""

import argparse
import warnings
from pathlib import Path

import numpy as np
from sklearn import metrics
from sklearn.calibration import calibration_curve

from reference_text import case, provenance, write_lines


def rankings():
    """(scores, labels): ties within and across classes, perfect, inverted, constant, one class, one row."""
    random = np.random.RandomState(11)
    yield [0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]
    yield [0.5, 0.5, 0.5, 0.5, 0.5], [0, 1, 0, 1, 1]
    yield [0.9, 0.8, 0.7, 0.2, 0.1], [1, 1, 1, 0, 0]
    yield [0.9, 0.8, 0.7, 0.2, 0.1], [0, 0, 1, 1, 1]
    yield [-3.0, 2.5, 2.5, 0.0, -0.0, 1e-300, 7.0, 2.5], [0, 1, 0, 1, 0, 1, 1, 0]
    yield [0.3, 0.6, 0.6], [1, 1, 1]
    yield [0.3, 0.6, 0.6], [0, 0, 0]
    yield [0.7], [1]
    for rows, levels, share in ((30, 5, 0.5), (100, 10, 0.2), (150, 1000, 0.35)):
        labels = (random.random_sample(rows) < share).astype(int)
        yield np.round(np.floor((random.random_sample(rows) + 0.4 * labels) * levels) / levels, 4), labels


def ranking_lines():
    for scores, labels in rankings():
        scores, labels = np.asarray(scores, dtype=float), np.asarray(labels)
        for drop in (True, False):
            yield case("roc_curve", {"drop": int(drop)}, [scores, labels],
                       metrics.roc_curve(labels, scores, pos_label=1, drop_intermediate=drop))
            yield case("precision_recall_curve", {"drop": int(drop)}, [scores, labels],
                       metrics.precision_recall_curve(labels, scores, pos_label=1, drop_intermediate=drop))
        yield case("areas", {}, [scores, labels],
                   [metrics.roc_auc_score(labels, scores), metrics.average_precision_score(labels, scores)])


def class_lines():
    random = np.random.RandomState(5)
    for classes, rows in ((2, 20), (3, 40), (5, 60), (4, 3)):
        labels = random.randint(0, classes, rows)
        if classes == 5:
            labels[labels == 2] = 0  # a class without rows
        predicted = np.where(random.random_sample(rows) < 0.6, labels, random.randint(0, classes - 1, rows))
        every = np.arange(classes)
        scores = metrics.precision_recall_fscore_support(labels, predicted, labels=every, zero_division=0)
        averages = [metrics.precision_recall_fscore_support(labels, predicted, labels=every, average=average,
                                                            zero_division=0)[:3] for average in ("macro", "weighted")]
        yield case("classes", {"classes": classes}, [predicted, labels],
                   [metrics.confusion_matrix(labels, predicted, labels=every), *scores, *averages,
                    metrics.accuracy_score(labels, predicted)])


def calibration_lines():
    """Two digits, so that many probabilities lie at the ends of bins."""
    random = np.random.RandomState(13)
    for rows in (1, 20, 200):
        probability = np.round(random.random_sample(rows), 2)
        probability[:3] = [0.0, 1.0, 0.6][:rows]
        labels = (random.random_sample(rows) < probability).astype(int)
        for bins in (1, 3, 5, 10):
            yield case("calibration_curve", {"bins": bins}, [probability, labels],
                       calibration_curve(labels, probability, n_bins=bins))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "op_values")
    output = parser.parse_args().output
    warnings.simplefilter("ignore")  # of classes without rows
    header = provenance(__file__, ["scikit-learn", "numpy"]) + [
        "roc_curve|drop|scores;labels|false positive rate;true positive rate;thresholds||",
        "precision_recall_curve|drop|scores;labels|precision;recall;thresholds||",
        "areas||scores;labels|ROC AUC;average precision||",
        "calibration_curve|bins|probabilities;labels|prob_true;prob_pred||",
        "classes|classes|predicted;labels|confusion matrix;precision;recall;F1;support;macro means;weighted means;"
        "accuracy||"]
    write_lines(output / "metrics.txt", header, [*ranking_lines(), *class_lines(), *calibration_lines()])


if __name__ == "__main__":
    main()
