#!/usr/bin/env python3
"""Keras on TensorFlow. keras_step: the training step as one tf.function, with XLA and without, whichever is
faster; keras_fit: Model.fit on the breast cancer training part, one epoch a step."""

import csv
import os
from pathlib import Path

import protocol

DATA = Path(__file__).resolve().parents[2] / "data/breast_cancer.csv"


def network(keras, task):
    model = keras.Sequential([keras.Input(task.weights[0].shape[:1])])
    for i, weights in enumerate(task.weights):
        last = i + 1 == len(task.weights)
        # Training computes its loss from logits, the faster way.
        sigmoid = task.binary and task.work in ("inference", "fit")
        activation = "relu" if not last else "sigmoid" if sigmoid else None
        model.add(keras.layers.Dense(weights.shape[1], activation=activation))
    model.set_weights([array for pair in zip(task.weights, task.biases) for array in pair])
    return model


def training_part(numpy):
    """scikit-learn's train_test_split(test_size=.2, random_state=42), standardised."""
    with open(DATA, newline="", encoding="ascii") as file:
        table = numpy.array([[float(cell) for cell in row] for row in list(csv.reader(file))[1:]])
    rows = numpy.random.RandomState(42).permutation(len(table))[-(-len(table) // 5):]
    x, y = table[rows, :-1], table[rows, -1:]
    return ((x - x.mean(0)) / x.std(0)).astype("float32"), y.astype("float32")


def build_fit(keras, numpy, task):
    x, y = training_part(numpy)
    model = network(keras, task)
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="binary_crossentropy", metrics=["accuracy"])

    def run(steps):
        history = model.fit(x, y, batch_size=32, epochs=steps, validation_split=0.1, verbose=0)
        return history.history["loss"][-1]

    return {"fit": run}


def build_step(keras, tensorflow, task, jit):
    model = network(keras, task)
    x, y = tensorflow.constant(task.x), tensorflow.constant(task.y)

    if task.work == "inference":
        forward = tensorflow.function(model, jit_compile=jit)

        def run(steps):
            for _ in range(steps):
                output = forward(x)
            return output.numpy()[0, 0]

        return run

    loss_of = (keras.losses.BinaryCrossentropy(from_logits=True) if task.binary
               else keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(model.trainable_variables)

    @tensorflow.function(jit_compile=jit)
    def train(x, y):
        with tensorflow.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
        return loss

    def run(steps):
        for _ in range(steps):
            loss = train(x, y)
        return loss.numpy()

    return run


def build(task):
    os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
    import keras
    import numpy
    import tensorflow
    tensorflow.config.threading.set_intra_op_parallelism_threads(task.threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(task.threads)
    version = f"{keras.__version__}, tensorflow {tensorflow.__version__}"
    if task.work == "fit":
        return version, build_fit(keras, numpy, task)
    return version, {"tf.function": build_step(keras, tensorflow, task, False),
                     "tf.function with XLA": build_step(keras, tensorflow, task, True)}


if __name__ == "__main__":
    protocol.serve(build)
