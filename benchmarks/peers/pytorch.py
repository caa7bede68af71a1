#!/usr/bin/env python3
"""PyTorch on the processor. pytorch_eager: its defaults; pytorch_fused: eager with the fused Adam;
pytorch_compile: torch.compile, whichever of its settings is the fastest."""

import protocol


def network(torch, task):
    layers = []
    for weights, biases in zip(task.weights, task.biases):
        linear = torch.nn.Linear(*weights.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weights.T))
            linear.bias.copy_(torch.from_numpy(biases))
        layers += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])  # logits: the losses below take them


def make_inference(torch, task, compiled):
    model = network(torch, task)
    model = torch.nn.Sequential(*model, torch.nn.Sigmoid()) if task.binary else model
    forward = torch.compile(model) if compiled else model
    x = torch.from_numpy(task.x)

    def run(steps):
        with torch.inference_mode():
            for _ in range(steps):
                output = forward(x)
        return output[0, 0].item()

    return run


def make_training(torch, task, fused=True, compile_options=None, compile_optimizer=False):
    model = network(torch, task)
    criterion = torch.nn.BCEWithLogitsLoss() if task.binary else torch.nn.CrossEntropyLoss()
    # The others' epsilon, 1e-7, stands where PyTorch's would be multiplied by sqrt(1 - .999^t), which is .03 to .14
    # in the warm-up: with about the same one the losses of small gradients agree.
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-6, fused=fused)
    x, y = torch.from_numpy(task.x), torch.from_numpy(task.y)

    def loss_of(x, y):
        return criterion(model(x), y)

    if compile_options is not None:
        loss_of = torch.compile(loss_of, **compile_options)
    update = torch.compile(optimizer.step) if compile_optimizer else optimizer.step

    def run(steps):
        for _ in range(steps):
            optimizer.zero_grad()
            loss = loss_of(x, y)
            loss.backward()
            update()
        return loss.item()

    return run


def build(task):
    import torch
    torch.set_num_threads(task.threads)
    torch.set_flush_denormal(True)
    compiled = task.contestant == "pytorch_compile"
    if task.work == "inference":
        runs = {"default": make_inference(torch, task, compiled)}
    elif compiled:
        runs = {"default mode": make_training(torch, task, compile_options={}),
                "max-autotune": make_training(torch, task, compile_options={"mode": "max-autotune-no-cudagraphs"}),
                "compiled Adam": make_training(torch, task, fused=None, compile_options={}, compile_optimizer=True)}
    else:
        runs = {"default": make_training(torch, task, fused=True if task.contestant == "pytorch_fused" else None)}
    return torch.__version__, runs


if __name__ == "__main__":
    protocol.serve(build)
