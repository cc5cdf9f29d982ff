"""
The vendor's own ways to Clarifai, running: its JSON channel (`get_json_channel`) makes round trips with the messages of its service, and
its `clarifai` client uploads to the platform, labels there, lists and downloads from it. What is said and answered is recorded, so that
check_clarifai.py judges it like the rest.
usage: drive_client.py BUILD WORK RECORD
"""
import hashlib
import logging
import os
import sys
import tempfile
import time
import traceback
import urllib.request

import tap
from clarifai_grpc.channel.clarifai_channel import ClarifaiChannel
from clarifai_grpc.grpc.api import resources_pb2 as R
from clarifai_grpc.grpc.api import service_pb2 as S
from clarifai_grpc.grpc.api import service_pb2_grpc
from google.protobuf import struct_pb2
from local import Sandbox

USER, APP, DATASET = "lab-user", "traffic", "vendors-client"
COUNT = 20


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def picture(n):
    """A small bitmap, each another one."""
    from PIL import Image
    import io
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (n, 255 - n, 7)).save(out, "PNG")
    return out.getvalue()


class Channel:
    """The vendor's stub over its JSON channel."""

    def __init__(self, platform):
        self.stub = service_pb2_grpc.V2Stub(ClarifaiChannel.get_json_channel(platform.origin))
        self.key = (("authorization", "Key " + platform.pat),)
        self.who = R.UserAppIDSet(user_id=USER, app_id=APP)

    def ask(self, rpc, message, code=10000):
        message.user_app_id.CopyFrom(self.who)
        got = getattr(self.stub, rpc)(message, metadata=self.key)
        expect(got.status.code == code, f"{rpc}: {got.status.code} {got.status.description} {got.status.details}")
        return got

    def downloaded(self, which, most=600):
        """The input once it is processed."""
        for _ in range(most):
            found = self.ask("GetInput", S.GetInputRequest(input_id=which)).input
            if found.status.code == 30000:
                return found
            time.sleep(0.1)
        raise AssertionError(f"{which} is {found.status.code} {found.status.description}")


def channel_inputs(platform):
    c = Channel(platform)
    metadata = struct_pb2.Struct()
    metadata.update({"text": "it's ü 猫 ${x}", "nested": {"list": [1.5, True, None, "x"]}})
    sent = R.Input(id="channel-1", data=R.Data(image=R.Image(base64=picture(1)), metadata=metadata, concepts=[R.Concept(id="boat", name="boat", value=1.0)]))
    c.ask("PostInputs", S.PostInputsRequest(inputs=[sent]))
    got = c.downloaded("channel-1")
    expect(got.data.metadata == metadata, f"metadata came back as {got.data.metadata}")
    expect((got.data.image.image_info.width, got.data.image.image_info.height, got.data.image.image_info.format) == (8, 8, "PNG"), got.data.image)
    expect("channel-1" in {i.id for i in c.ask("ListInputs", S.ListInputsRequest(page=1, per_page=1000)).inputs}, "it is listed")
    expect(c.ask("GetInputCount", S.GetInputCountRequest()).counts.processed > 0, "counts")
    c.ask("DeleteInputs", S.DeleteInputsRequest(ids=["channel-1"]))
    for _ in range(600):        # deleting is queued
        got = c.stub.GetInput(S.GetInputRequest(user_app_id=c.who, input_id="channel-1"), metadata=c.key)
        if got.status.code != 10000:
            break
        time.sleep(0.1)
    expect(got.status.code == 11101, got.status)


def channel_annotations(platform):
    c = Channel(platform)
    c.ask("PostInputs", S.PostInputsRequest(inputs=[R.Input(id="channel-2", data=R.Data(image=R.Image(base64=picture(2))))]))
    c.downloaded("channel-2")
    box = R.RegionInfo(bounding_box=R.BoundingBox(top_row=0.25, left_col=0.125, bottom_row=0.5, right_col=1.0))
    region = R.Region(id="r1", region_info=box, data=R.Data(concepts=[R.Concept(id="boat", name="boat", value=1.0)]))
    c.ask("PostAnnotations", S.PostAnnotationsRequest(annotations=[R.Annotation(id="channel-a", input_id="channel-2", data=R.Data(regions=[region]))]))
    found = [a for a in c.ask("ListAnnotations", S.ListAnnotationsRequest(input_ids=["channel-2"], per_page=100, page=1)).annotations if a.id == "channel-a"]
    expect(len(found) == 1 and found[0].data.regions[0].region_info.bounding_box == box.bounding_box, found)
    moved = R.Region(id="r1", region_info=box, data=R.Data(concepts=[R.Concept(id="car", name="car", value=1.0)]))
    c.ask("PatchAnnotations", S.PatchAnnotationsRequest(action="overwrite", annotations=[R.Annotation(id="channel-a", input_id="channel-2", data=R.Data(regions=[moved]))]))
    got = c.ask("GetAnnotation", S.GetAnnotationRequest(input_id="channel-2", annotation_id="channel-a")).annotation
    expect([x.id for x in got.data.regions[0].data.concepts] == ["car"], got)
    c.ask("DeleteAnnotation", S.DeleteAnnotationRequest(input_id="channel-2", annotation_id="channel-a"))
    c.ask("GetAnnotation", S.GetAnnotationRequest(input_id="channel-2", annotation_id="channel-a"), code=11101)
    c.ask("DeleteInput", S.DeleteInputRequest(input_id="channel-2"))


def channel_places(platform):
    c = Channel(platform)
    expect(APP in {a.id for a in c.ask("ListApps", S.ListAppsRequest(page=1, per_page=100)).apps}, "apps")
    c.ask("PostDatasets", S.PostDatasetsRequest(datasets=[R.Dataset(id="channel-set")]))
    expect("channel-set" in {d.id for d in c.ask("ListDatasets", S.ListDatasetsRequest(page=1, per_page=100)).datasets}, "datasets")
    expect(c.ask("GetDataset", S.GetDatasetRequest(dataset_id="channel-set")).dataset.id == "channel-set", "dataset")
    c.ask("DeleteDatasets", S.DeleteDatasetsRequest(dataset_ids=["channel-set"]))
    c.ask("GetDataset", S.GetDatasetRequest(dataset_id="channel-set"), code=11101)
    c.ask("PostConcepts", S.PostConceptsRequest(concepts=[R.Concept(id="channel-concept", name="of the channel")]))
    expect("channel-concept" in {x.id for x in c.ask("ListConcepts", S.ListConceptsRequest(page=1, per_page=1000)).concepts}, "concepts")


def client_of(platform, cls, **more):
    """An object of the vendor's client. It speaks gRPC; the platform has the JSON face of the same service."""
    from clarifai.client.auth import helper
    helper.ClarifaiAuthHelper.get_stub = lambda self: service_pb2_grpc.V2Stub(ClarifaiChannel.get_json_channel(platform.origin))
    return cls(user_id=USER, app_id=APP, base_url=platform.origin, pat=platform.pat, **more)


def client_uploads_and_lists(platform):
    from clarifai.client.app import App
    from clarifai.client.dataset import Dataset
    from clarifai.client.input import Inputs
    client_of(platform, App).create_dataset(DATASET)
    with tempfile.TemporaryDirectory() as folder:
        sent = {}
        for n in range(COUNT):
            sent[f"vendor-{n:03d}"] = picture(10 + n)
            with open(os.path.join(folder, f"vendor-{n:03d}.png"), "wb") as f:
                f.write(sent[f"vendor-{n:03d}"])
        client_of(platform, Dataset, dataset_id=DATASET).upload_from_folder(folder_path=folder, input_type="image", labels=False, batch_size=8)
    inputs = client_of(platform, Inputs)
    channel = Channel(platform)
    for name in sent:
        channel.downloaded(name)
    listed = {i.id: i for i in inputs.list_inputs(dataset_id=DATASET)}
    expect(set(listed) == set(sent), f"{len(listed)} of {COUNT} are listed: {sorted(listed)}")
    for name, content in sent.items():
        (got,) = inputs.download_inputs([listed[name]])
        expect(hashlib.sha256(got).digest() == hashlib.sha256(content).digest(), f"other bytes of {name} came back")


def client_labels(platform):
    from clarifai.client.input import Inputs
    inputs = client_of(platform, Inputs)
    inputs.upload_annotations([inputs.get_bbox_proto("vendor-000", "car", [0.1, 0.2, 0.3, 0.4]), inputs.get_mask_proto("vendor-001", "boat", [[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]])])
    batch = [next(i for i in inputs.list_inputs(dataset_id=DATASET) if i.id == name) for name in ("vendor-000", "vendor-001")]
    found = [a for a in inputs.list_annotations(batch_input=batch) if a.data.regions]
    kinds = {a.input_id: [f.name for f, _ in a.data.regions[0].region_info.ListFields()] for a in found}
    expect(kinds == {"vendor-000": ["bounding_box"], "vendor-001": ["polygon"]}, kinds)


def client_deletes(platform):
    from clarifai.client.app import App
    from clarifai.client.input import Inputs
    inputs = client_of(platform, Inputs)
    inputs.delete_inputs([i for i in inputs.list_inputs(dataset_id=DATASET) if i.id < "vendor-010"])
    for _ in range(600):
        left = sorted(i.id for i in inputs.list_inputs(dataset_id=DATASET))
        if len(left) == 10:
            break
        time.sleep(0.1)
    expect(left == [f"vendor-{n:03d}" for n in range(10, COUNT)], left)
    client_of(platform, App).delete_dataset(DATASET)


def main():
    build, work, record = sys.argv[1:4]
    logging.disable(logging.CRITICAL)
    with Sandbox(build, work, ["--record", record + "/vendor_client"]) as platform:
        os.environ.update(CLARIFAI_PAT=platform.pat, CLARIFAI_USER_ID=USER, CLARIFAI_API_BASE=platform.origin, HOME=platform.dir)
        platform.call("POST", "/_control/settings", {"clarifai.rps": 1000})
        for step in (channel_places, channel_inputs, channel_annotations, client_uploads_and_lists, client_labels, client_deletes):
            try:
                step(platform)
                tap.report(True, "client: " + step.__name__.replace("_", " "))
            except Exception:
                tap.report(False, "client: " + step.__name__.replace("_", " "), traceback.format_exc().splitlines())
    tap.finish()


main()
