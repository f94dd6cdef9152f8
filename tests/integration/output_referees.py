# SPDX-FileCopyrightText: 2026 The Bailiwick authors
# SPDX-License-Identifier: Apache-2.0
"""What acro and sacroml find, as JSON: output_referees.py QUESTION.json. Started with their folder and Debian's numpy, scipy and scikit-learn alone.

What they draw with, write PDF with, or know of other models with is not needed for what is asked, and stands there empty."""
import importlib.abc
import importlib.machinery
import json
import logging
import sys
import types

NOT_NEEDED = {"matplotlib", "pylab", "torch", "xgboost", "fpdf", "pypdf"}


class Empty(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.split(".")[0] in NOT_NEEDED else None

    def create_module(self, spec):
        return Empty(spec.name)

    def exec_module(self, module):
        pass


sys.meta_path.insert(0, Finder())
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from acro import ACRO, add_constant  # noqa: E402
from sacroml.attacks.structural_attack import StructuralAttack, get_model_param_count  # noqa: E402
from sacroml.attacks.target import Target  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.neural_network import MLPClassifier  # noqa: E402

logging.disable(logging.CRITICAL)
DOMINANCE = {"NKCheck": "n_k", "PPercentCheck": "p_percent"}
RULES = {"MinimumThresholdCheck": "threshold", "PresenceOfZeroCheck": "zero"}


def crosstabs(rows, tables):
    """Of each table, the cells of which a check says something: [level, level, "threshold" or "zero"]."""
    found = []
    for first, second in tables:
        acro = ACRO(suppress=False)
        acro.crosstab(rows[first], rows[second])
        outcome = acro.results.get_index(0).outcome
        found.append([[str(row), str(column), rule] for row in outcome.index for column in outcome.columns
                      for word, rule in RULES.items() if word in outcome.loc[row, column]])
    return found


def means(rows, number, categories):
    """Of the means of a number by each category: the rules that each level does not meet."""
    found = {}
    for category in categories:
        acro = ACRO(suppress=False)
        acro.crosstab(rows[category], rows["clinic"].map(lambda _: "all"), values=rows[number].astype(float), aggfunc="mean")
        outcome = acro.results.get_index(0).outcome
        found[category] = {str(level): [rule for word, rule in DOMINANCE.items() if word in outcome.loc[level].iloc[0]] for level in outcome.index}
    return found


def logit(rows, columns, target, thresholds):
    """Verdict of acro on a regression, under each threshold."""
    verdicts = {}
    for threshold in thresholds:
        acro = ACRO()
        acro.config["safe_dof_threshold"] = threshold
        acro.sdc_checks.risk_appetite["safe_dof_threshold"] = threshold
        acro.logit(rows[target].astype(float), add_constant(rows[columns].astype(float)))
        verdicts[threshold] = [acro.results.get_index(0).status, acro.results.get_index(0).summary]
    return verdicts


def structural(model, x, y, folder):
    """All of sacroml's structural attack."""
    target = Target(model=model, X_train=x, y_train=y, X_test=x, y_test=y)
    attack = StructuralAttack(output_dir=folder, write_report=False, report_individual=True)
    attack.attack(target)
    kinds = ("dof_risk", "k_anonymity_risk", "class_disclosure_risk", "smallgroup_risk")
    values, counts = np.unique(model.predict_proba(x), axis=0, return_counts=True)
    return {**{kind: bool(getattr(attack.results, kind)) for kind in kinds}, "k": sorted(set(attack.record_level_results.k_anonymity)), "classes": sorted(map(int, counts)),
            "parameters": int(get_model_param_count(model)), "expected": sorted(float(f) for f in (values * counts[:, None]).ravel())}


def logistic(x, y, intercept, weights):
    """Theirs with the coefficients of ours."""
    model = LogisticRegression().fit(x, y)
    model.intercept_, model.coef_ = np.array([intercept]), np.array([weights])
    return model


def main(asked):
    rows = pd.read_csv(asked["rows"], dtype=str)
    y = rows[asked["target"]].astype(int).to_numpy()
    numbers = rows[asked["numbers"]].astype(float).to_numpy()
    answer = {"crosstabs": crosstabs(rows, asked["tables"]), "models": {}, "networks": {},
              "means": means(rows, asked["magnitude"], asked["categories"]),
              "logit": logit(rows, asked["numbers"], asked["target"], asked["freedom"])}
    for name, (columns, coefficients) in asked["models"].items():
        x = np.column_stack([rows[column] == level if level else rows[column].astype(float) for column, level in columns]).astype(float)
        answer["models"][name] = structural(logistic(x, y, coefficients[0], coefficients[1:]), x, y, asked["folder"])
    for units in asked["networks"]:
        model = MLPClassifier((units,), max_iter=1).fit(numbers[:, :1], y)
        answer["networks"][units] = structural(model, numbers[:, :1], y, asked["folder"])
    print(json.dumps(answer))


if __name__ == "__main__":
    with open(sys.argv[1]) as question:
        main(json.load(question))
