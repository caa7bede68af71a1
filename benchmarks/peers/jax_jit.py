#!/usr/bin/env python3
"""JAX: the whole training step, Adam included, as one jitted function that reuses its state's buffers."""

import os

import protocol


def build(task):
    # XLA reads these once, at import.
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ["NPROC"] = str(task.threads)
    if task.threads == 1:
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    import jax
    import jax.numpy as jnp

    def logits(layers, x):
        for weights, biases in layers[:-1]:
            x = jax.nn.relu(x @ weights + biases)
        weights, biases = layers[-1]
        return x @ weights + biases

    def loss_of(layers, x, y):
        z = logits(layers, x)
        if task.binary:  # from logits: log(1 + e^z) - y z
            return jnp.mean(jnp.logaddexp(z, 0.0) - y * z)
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], axis=1))

    def step(state, x, y):
        layers, first, second, count = state
        loss, gradients = jax.value_and_grad(loss_of)(layers, x, y)
        count = count + 1
        rate = 1e-3 * jnp.sqrt(1 - 0.999 ** count) / (1 - 0.9 ** count)
        first = jax.tree.map(lambda m, g: m + 0.1 * (g - m), first, gradients)
        second = jax.tree.map(lambda v, g: v + 0.001 * (g * g - v), second, gradients)
        layers = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), layers, first, second)
        return (layers, first, second, count), loss

    layers = [(jnp.asarray(w), jnp.asarray(b)) for w, b in zip(task.weights, task.biases)]
    x, y = jnp.asarray(task.x), jnp.asarray(task.y.astype("float32" if task.binary else "int32"))

    if task.work == "inference":
        forward = jax.jit(lambda layers, x: jax.nn.sigmoid(logits(layers, x)) if task.binary else logits(layers, x))

        def run(steps):
            for _ in range(steps):
                output = forward(layers, x).block_until_ready()
            return output[0, 0]
    else:
        train = jax.jit(step, donate_argnums=0)
        state = (layers, jax.tree.map(jnp.zeros_like, layers), jax.tree.map(jnp.zeros_like, layers), jnp.float32(0))

        def run(steps):
            nonlocal state
            for _ in range(steps):
                state, loss = train(state, x, y)
            return loss.block_until_ready()

    return jax.__version__, {"jit": run}


if __name__ == "__main__":
    protocol.serve(build)
