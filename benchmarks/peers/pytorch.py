#!/usr/bin/env python3
"""PyTorch on the processor. pytorch_eager: its defaults; pytorch_fused: eager with the fused Adam;
pytorch_compile: torch.compile with the fused Adam."""

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


def build(task):
    import torch
    torch.set_num_threads(task.threads)
    torch.set_flush_denormal(True)
    compiled = task.contestant == "pytorch_compile"
    model = network(torch, task)
    x, y = torch.from_numpy(task.x), torch.from_numpy(task.y)

    def inference(steps):
        with torch.inference_mode():
            for _ in range(steps):
                output = forward(x)
        return output[0, 0].item()

    def train(steps):
        for _ in range(steps):
            optimizer.zero_grad()
            loss = forward(x, y)
            loss.backward()
            optimizer.step()
        return loss.item()

    if task.work == "inference":
        model = torch.nn.Sequential(*model, torch.nn.Sigmoid()) if task.binary else model
        forward, run = model, inference
    else:
        criterion = torch.nn.BCEWithLogitsLoss() if task.binary else torch.nn.CrossEntropyLoss()
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3,
                                     fused=None if task.contestant == "pytorch_eager" else True)

        def forward(x, y):
            return criterion(model(x), y)

        run = train
    if compiled:
        forward = torch.compile(forward)
    return torch.__version__, {"torch.compile" if compiled else "eager": run}


if __name__ == "__main__":
    protocol.serve(build)
