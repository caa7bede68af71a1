#!/usr/bin/env python3
"""Writes tensorboard/events.bin with TensorBoard's own messages and record writer, for the test that writes the same; or,
with --read FOLDER, prints what TensorBoard's own reader finds in the event files of every run below."""

import argparse
from pathlib import Path

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.compat.proto.histogram_pb2 import HistogramProto
from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard.util import tensor_util

from reference_text import provenance

TIME = 1700000000.25


def event(step, value, **fields):
    summary = None if value is None else summary_pb2.Summary(value=[value])
    return event_pb2.Event(wall_time=TIME, step=step, summary=summary, **fields)


def hyperparameters(tag, data):
    plugin = summary_pb2.SummaryMetadata.PluginData(plugin_name=metadata.PLUGIN_NAME,
                                                    content=data.SerializeToString(deterministic=True))
    return summary_pb2.Summary.Value(tag=tag, metadata=summary_pb2.SummaryMetadata(plugin_data=plugin),
                                     tensor=metadata.NULL_TENSOR)


def text(tag, content):
    """What TensorBoard's text_pb makes, but for the class of the data, which its readers set themselves."""
    value = text_pb(tag, content).value[0]
    value.metadata.ClearField("data_class")
    return value


def events():
    yield event_pb2.Event(wall_time=TIME, file_version="brain.Event:2",
                          source_metadata=event_pb2.SourceMetadata(writer="eigengrad"))
    for step, value in ((1, 0.5), (2, -3.25e-7), (300, float("nan")), (2**40, 0.0)):
        yield event(step, summary_pb2.Summary.Value(tag="epoch_loss", simple_value=value))
    # 0, 1, ..., 30 in 30 intervals: the last one has two.
    values = np.arange(31.0)
    yield event(7, summary_pb2.Summary.Value(tag="weights/0.weight", histo=HistogramProto(
        min=0, max=30, num=31, sum=values.sum(), sum_squares=values @ values, bucket_limit=values[1:],
        bucket=[1] * 29 + [2])))
    yield event(0, text("notes", "# title\n\na < b & \u00e4"))
    start = plugin_data_pb2.SessionStartInfo(start_time_secs=TIME)
    start.hparams["learning_rate"].number_value = 0.001
    start.hparams["zero"].number_value = 0
    start.hparams["optimizer"].string_value = "adam"
    start.hparams["nothing"].string_value = ""
    start.hparams["shuffle"].bool_value = True
    start.hparams["off"].bool_value = False
    yield event(0, hyperparameters(metadata.SESSION_START_INFO_TAG,
                                   plugin_data_pb2.HParamsPluginData(session_start_info=start)))
    end = plugin_data_pb2.SessionEndInfo(status=api_pb2.STATUS_SUCCESS, end_time_secs=TIME)
    yield event(0, hyperparameters(metadata.SESSION_END_INFO_TAG,
                                   plugin_data_pb2.HParamsPluginData(session_end_info=end)))
    yield event(5, None, session_log=event_pb2.SessionLog(status=event_pb2.SessionLog.START))


def write(folder):
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "events.bin", "wb") as file:
        writer = RecordWriter(file)
        for message in events():
            writer.write(message.SerializeToString(deterministic=True))
        writer.flush()
    (folder / "provenance.txt").write_text("".join(
        f"{line}\n" for line in provenance(__file__, ["tensorboard", "protobuf", "numpy"])))


def read(folder):
    for run in sorted({path.parent for path in folder.rglob("*tfevents*")}):
        found = EventAccumulator(str(run), size_guidance={"scalars": 0, "histograms": 0, "tensors": 0}).Reload()
        tags, name = found.Tags(), run.relative_to(folder)
        for tag in tags["scalars"]:
            print(name, "scalar", tag, *(f"{point.step}:{point.value:.9g}" for point in found.Scalars(tag)))
        for tag in tags["histograms"]:
            for point in found.Histograms(tag):
                value = point.histogram_value
                print(name, "histogram", tag, point.step, f"{value.min:.9g} {value.max:.9g} {value.num:.9g} "
                      f"{value.sum:.9g}", "buckets", len(value.bucket), "counted", sum(value.bucket))
        for tag in tags["tensors"]:
            plugin = found.SummaryMetadata(tag).plugin_data
            if plugin.plugin_name == metadata.PLUGIN_NAME:
                print(name, "hparams", tag, str(plugin_data_pb2.HParamsPluginData.FromString(plugin.content)).split())
            else:
                print(name, plugin.plugin_name, tag,
                      [tensor_util.make_ndarray(point.tensor_proto).tolist() for point in found.Tensors(tag)])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "tensorboard")
    parser.add_argument("--read", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    if arguments.read is not None:
        read(arguments.read)
    else:
        write(arguments.output)


if __name__ == "__main__":
    main()
