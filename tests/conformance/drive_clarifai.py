"""
Annotations, concepts and URL inputs written as the vendor's own messages: every structure is sent, read back and compared, every
filter and every action asked once. What is said and answered is recorded, so that check_clarifai.py judges it like the rest.
usage: drive_clarifai.py BUILD WORK RECORD
"""
import sys
import time
import traceback

import requests
import tap
from clarifai_grpc.grpc.api import resources_pb2 as R
from clarifai_grpc.grpc.api import service_pb2 as S
from google.protobuf import json_format, struct_pb2
from local import Sandbox

USER, APP = "lab-user", "traffic"
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005fe02fea7356981"
                    "0000000049454e44ae426082")


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def spelled_out(tree):
    """In JSON a concept without a value has 1.0: zeros, which protobuf leaves out, are written."""
    for key, value in tree.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                if key == "concepts":
                    item.setdefault("value", 0.0)
                spelled_out(item)
    return tree


class Labels:
    def __init__(self, platform):
        self.base, self.key = platform.origin + f"/v2/users/{USER}/apps/{APP}", {"Authorization": "Key " + platform.pat}

    def ask(self, method, path, answer, message=None, code=10000, **query):
        """The answer as the vendor's message; strict: a member it does not know is an error."""
        body = spelled_out(json_format.MessageToDict(message, preserving_proto_field_name=True)) if message is not None else None
        got = requests.request(method, self.base + path, headers=self.key, json=body, params=query, timeout=60).json()
        made = json_format.ParseDict(got, answer())
        expect(code in (None, made.status.code), f"{method} {path}: {made.status.code} {made.status.description} {made.status.details}")
        return made

    def annotations(self, **query):
        return self.ask("GET", "/annotations", S.MultiAnnotationResponse, per_page=1000, **query).annotations


def concept(name, value=1.0):
    return R.Concept(id=name, name=name, value=value)


def region(**info):
    return R.Data(regions=[R.Region(region_info=R.RegionInfo(**info), data=R.Data(concepts=[concept("boat")]))])


def point(row, col, visibility=0):
    return R.Point(row=row, col=col, visibility=visibility)


STRUCTURES = {
    "classification": R.Data(concepts=[concept("boat"), concept("night", 0.0)]),
    "box": region(bounding_box=R.BoundingBox(top_row=0.0, left_col=0.25, bottom_row=0.5, right_col=1.0)),
    "polygon": region(polygon=R.Polygon(points=[point(0.1, 0.1, 1), point(0.1, 0.9, 2), point(0.9, 0.5, 3)])),
    "mask": region(mask=R.Mask(image=R.Image(base64=PNG))),
    "point": region(point=R.Point(row=0.5, col=0.5, z=0.125, visibility=1)),
    "keypoints": region(keypoint_locations=[point(0.25, 0.5, 1), point(0.0, 0.0, 3)]),
    "span": region(span=R.Span(char_start=0, char_end=4, raw_text="Anna")),
    "token": region(token=R.Token(char_start=5, char_end=9, raw_text="\u732b\u2028\u202e")),
    "frame": R.Data(frames=[R.Frame(frame_info=R.FrameInfo(index=0, time=4294967296000, number=1), data=region(bounding_box=R.BoundingBox(bottom_row=1.0, right_col=1.0)))]),
    "segment": R.Data(time_segments=[R.TimeSegment(data=R.Data(concepts=[concept("boat")]), time_info=R.TimeInfo(num_frames=50, begin_time=0.5, end_time=2.5))]),
    "track": R.Data(tracks=[R.Track(id="track-1", data=R.Data(concepts=[concept("boat")]), time_info=R.TimeInfo(num_frames=3, end_time=1.0), quality=0.5)]),
    "text-of-all-kinds": R.Data(concepts=[R.Concept(id="hostile", name="it's \"\\ ${x}\n\t\u001b[31m \u202e \u2028 \U0001F600", value=1.0)]),
    "empty": R.Data(),
}


def wait_for(labels, *ids):
    for _ in range(200):
        inputs = labels.ask("GET", "/inputs", S.MultiInputResponse, code=None, per_page=100, ids=list(ids)).inputs
        if len(inputs) == len(ids) and all(i.status.code not in (30001, 30003) for i in inputs):
            return {i.id: i for i in inputs}
        time.sleep(0.05)
    raise AssertionError("the inputs are never ready")


def concepts(labels, images):
    made = labels.ask("POST", "/concepts", S.MultiConceptResponse, S.PostConceptsRequest(concepts=[R.Concept(id="boat", name="boat"), R.Concept(id="hostile", name=STRUCTURES["text-of-all-kinds"].concepts[0].name)]))
    expect([c.id for c in made.concepts] == ["boat", "hostile"], made)
    labels.ask("POST", "/concepts", S.MultiConceptResponse, S.PostConceptsRequest(concepts=[R.Concept(id="boat", name="again")]), code=40003)
    labels.ask("PATCH", "/concepts", S.MultiConceptResponse, S.PatchConceptsRequest(concepts=[R.Concept(id="boat", name="a boat \u8239")], action="overwrite"))
    expect(labels.ask("GET", "/concepts/boat", S.SingleConceptResponse).concept.name == "a boat \u8239", "the new name")
    labels.ask("PATCH", "/concepts", S.MultiConceptResponse, S.PatchConceptsRequest(concepts=[R.Concept(id="boat", name="boat")], action="overwrite"))
    expect({"boat", "hostile"} <= {c.id for c in labels.ask("GET", "/concepts", S.MultiConceptResponse, per_page=1000, page=1).concepts}, "the list")


def url_inputs(labels, images):
    metadata = struct_pb2.Struct()
    metadata.update({"split": "train", "n": 1.5, "nested": {"list": [None, True, "x"]}})
    wanted = {"good": ("/pictures/harbour-1.jpg", 30000), "same-url": ("/pictures/harbour-1.jpg", 30000), "missing": ("/pictures/dragon-1.jpg", 30002), "no-picture": ("/files/letter.txt", 30101)}
    items = [R.Input(id=i, dataset_ids=["train"], data=R.Data(image=R.Image(url=images + path, allow_duplicate_url=True), concepts=[concept("boat")], metadata=metadata,
                     geo=R.Geo(geo_point=R.GeoPoint(longitude=4.25, latitude=52.5)))) for i, (path, _) in wanted.items()]
    made = labels.ask("POST", "/inputs", S.MultiInputResponse, S.PostInputsRequest(inputs=items))
    expect([i.id for i in made.inputs] == list(wanted) and all(i.status.code == 30001 for i in made.inputs), made)
    ready = wait_for(labels, *wanted)
    for i, (_, code) in wanted.items():
        expect(ready[i].status.code == code, f"{i}: {ready[i].status}")
    good = ready["good"].data
    expect(good.metadata == metadata and good.geo.geo_point.latitude == 52.5 and good.concepts[0].name == "boat" and good.image.image_info.format == "JPEG", good)


def plain(data):
    """Data without what the platform adds: ids of its own, and names, app and owner of concepts."""
    copy = R.Data()
    copy.CopyFrom(data)
    below = [copy]
    while below:
        d = below.pop()
        for c in d.concepts:
            for field in ("app_id", "user_id", "language", "created_at"):
                c.ClearField(field)
        for list_name in ("regions", "frames", "time_segments"):
            for part in getattr(d, list_name):
                part.ClearField("id")
                below.append(part.data)
        below += [t.data for t in d.tracks]
    return copy


def every_structure(labels, images):
    items = [R.Annotation(id=name, input_id="good", data=data) for name, data in STRUCTURES.items()]
    made = labels.ask("POST", "/annotations", S.MultiAnnotationResponse, S.PostAnnotationsRequest(annotations=items)).annotations
    expect([a.id for a in made] == list(STRUCTURES) and all(a.status.code == 24150 for a in made), made)
    listed = {a.id: a for a in labels.annotations(input_ids="good")}
    for name, data in STRUCTURES.items():
        alone = labels.ask("GET", f"/inputs/good/annotations/{name}", S.SingleAnnotationResponse).annotation
        expect(plain(alone.data) == plain(data), f"{name}: sent {data} read {alone.data}")
        expect(listed[name] == alone and alone.trusted and alone.worker.user.id == USER, f"{name}: the list says {listed[name]}")
    levels = [a for a in listed.values() if a.input_level]
    expect(len(levels) == 1 and levels[0].data.geo.geo_point.longitude == 4.25 and levels[0].data.metadata["split"] == "train", levels)


def states_and_filters(labels, images):
    items = [R.Annotation(id=f"state-{code}", input_id="same-url", user_id="lab-annotator", task_id="task-1", data=R.Data(concepts=[concept("boat")]), status={"code": code}) for code in (24151, 24157, 24158, 24159)]
    labels.ask("POST", "/annotations", S.MultiAnnotationResponse, S.PostAnnotationsRequest(annotations=items))
    expect({a.status.code for a in labels.annotations(input_ids="same-url", user_ids="lab-annotator")} == {24151, 24157, 24158, 24159}, "states")
    expect(len(labels.annotations(task_id="task-1")) == 4, "by task")
    expect([a.id for a in labels.annotations(input_ids=["same-url", "good"], ids=["state-24151", "box"])] == ["box", "state-24151"], "pairs, oldest first")
    expect(len(labels.annotations(list_all_annotations="true")) >= len(labels.annotations()), "all")
    expect(not labels.annotations(model_version_ids="nobody") and not labels.annotations(page=999), "nothing")
    labels.ask("GET", "/annotations", S.MultiAnnotationResponse, code=11102, ids="box")


def patches(labels, images):
    def patch(action, data, empty=False):
        message = S.PatchAnnotationsRequest(annotations=[R.Annotation(id="classification", input_id="good", data=data)], action=action, delete_if_empty_data=empty)
        return labels.ask("PATCH", "/annotations", S.MultiAnnotationResponse, message).annotations[0]
    expect({c.id for c in patch("merge", R.Data(concepts=[concept("cat")])).data.concepts} == {"boat", "night", "cat"}, "merge")
    expect([c.id for c in patch("overwrite", R.Data(concepts=[concept("cat")])).data.concepts] == ["cat"], "overwrite")
    expect(not patch("remove", R.Data(concepts=[concept("cat")])).data.concepts, "remove")
    patch("merge", R.Data(concepts=[concept("cat")]))
    patch("remove", R.Data(concepts=[concept("cat")]), empty=True)
    expect("classification" not in {a.id for a in labels.annotations(input_ids="good")}, "removed with its last concept")
    both = S.PatchAnnotationsRequest(annotations=[R.Annotation(id="box", input_id="good", status={"code": 24158}), R.Annotation(id="nobody", input_id="good")], action="merge")
    expect([a.status.code for a in labels.ask("PATCH", "/annotations", S.MultiAnnotationResponse, both, code=10010).annotations] == [24158, 11101], "one of two")


def searches(labels, images):
    def hits(code=10000, **annotation):
        query = R.Query(filters=[R.Filter(annotation=R.Annotation(**annotation))])
        message = S.PostAnnotationsSearchesRequest(searches=[R.Search(query=query)], pagination=S.Pagination(page=1, per_page=1000))
        return [h.annotation.id for h in labels.ask("POST", "/annotations/searches", S.MultiSearchResponse, message, code=code).hits]
    expect(hits(status={"code": 24157}) == ["state-24157"], "by state")
    expect(hits(data=R.Data(regions=[R.Region(region_info=R.RegionInfo(mask=R.Mask()))])) == ["mask"], "by structure")
    expect("token" in hits(data=R.Data(regions=[R.Region(region_info=R.RegionInfo(token=R.Token()))])), "by token")
    expect(set(hits(input_level=True, trusted=True)) >= set(), "levels")


def deletions(labels, images):
    labels.ask("DELETE", "/annotations", S.MultiAnnotationResponse, S.DeleteAnnotationsRequest(input_ids=["good", "same-url"], ids=["box", "state-24151"]))
    expect(not {"box", "state-24151"} & {a.id for a in labels.annotations()}, "pairs are gone")
    level = next(a for a in labels.annotations(input_ids="good") if a.input_level)
    labels.ask("DELETE", "/annotations", S.MultiAnnotationResponse, S.DeleteAnnotationsRequest(input_ids=["good"], ids=[level.id]), code=11102)
    labels.ask("DELETE", "/annotations", S.MultiAnnotationResponse, S.DeleteAnnotationsRequest(input_ids=["good"]))
    expect([a.id for a in labels.annotations(input_ids="good")] == [level.id], "only the input's own is left")
    labels.ask("GET", "/inputs/good/annotations/box", S.SingleAnnotationResponse, code=11101)


def main():
    build, work, record = sys.argv[1:4]
    with Sandbox(build, work, ["--record", record + "/vendor_messages"]) as platform:
        labels = Labels(platform)
        platform.call("POST", "/_control/settings", {"clarifai.rps": 1000})
        for step in (concepts, url_inputs, every_structure, states_and_filters, patches, searches, deletions):
            try:
                step(labels, platform.images)
                tap.report(True, "messages: " + step.__name__.replace("_", " "))
            except Exception:
                tap.report(False, "messages: " + step.__name__.replace("_", " "), traceback.format_exc().splitlines())
    tap.finish()


main()
