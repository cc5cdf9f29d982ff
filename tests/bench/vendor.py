"""
The vendors' own way, in Python: run by the benchmark inside the environment that `make bench-peers` makes. What is asked comes by
arguments, the platform by environment. usage: vendor.py requests-read|requests-write|sdk-read|sdk-write VOLUME NAMES FOLDER THREADS
       vendor.py import VOLUME NAMES FOLDER THREADS APP DATASET        vendor.py export-images VOLUME APP DATASET THREADS
"""
import os
import sys
from concurrent.futures import ThreadPoolExecutor

HOST = os.environ["DATABRICKS_HOST"]


def each(names, threads, work):
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, names):
            pass


def plain_session(threads):
    import requests

    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_connections=threads, pool_maxsize=threads))
    session.headers["Authorization"] = "Bearer " + os.environ["DATABRICKS_TOKEN"]
    return session


def requests_read(volume, names, folder, threads):
    session = plain_session(threads)

    def one(name):
        answer = session.get("%s/api/2.0/fs/files/Volumes/main/vision/%s/%s" % (HOST, volume, name), timeout=60)
        answer.raise_for_status()
        with open(os.path.join(folder, name), "wb") as f:
            f.write(answer.content)

    each(names, threads, one)


def requests_write(volume, names, folder, threads):
    session = plain_session(threads)

    def one(name):
        with open(os.path.join(folder, name), "rb") as f:
            session.put("%s/api/2.0/fs/files/Volumes/main/vision/%s/requests-%d-%s" % (HOST, volume, threads, name), data=f, timeout=60).raise_for_status()

    each(names, threads, one)


def workspace(threads):
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.core import Config

    return WorkspaceClient(config=Config(host=HOST, token=os.environ["DATABRICKS_TOKEN"], auth_type="pat", max_connections_per_pool=threads, max_connection_pools=threads))


def sdk_read(volume, names, folder, threads):
    client = workspace(threads)

    def one(name):
        got = client.files.download("/Volumes/main/vision/%s/%s" % (volume, name))
        with open(os.path.join(folder, name), "wb") as f:
            f.write(got.contents.read())

    each(names, threads, one)


def sdk_write(volume, names, folder, threads):
    client = workspace(threads)

    def one(name):
        with open(os.path.join(folder, name), "rb") as f:
            client.files.upload("/Volumes/main/vision/%s/sdk-%d-%s" % (volume, threads, name), f, overwrite=True)

    each(names, threads, one)


def clarifai_over_json():
    """Its client speaks gRPC; the platform has the JSON face of the same service, for which the vendor's own channel exists."""
    from clarifai.client.auth import helper
    from clarifai_grpc.channel.clarifai_channel import ClarifaiChannel
    from clarifai_grpc.grpc.api import service_pb2_grpc

    helper.ClarifaiAuthHelper.get_stub = lambda self: service_pb2_grpc.V2Stub(ClarifaiChannel.get_json_channel(os.environ["CLARIFAI_API_BASE"]))


def vendor_import(volume, names, folder, threads, app, dataset):
    """Files by databricks-sdk into a folder, the folder by clarifai's Dataset into the dataset: as both are documented."""
    clarifai_over_json()
    from clarifai.client.dataset import Dataset

    sdk_read(volume, names, folder, threads)
    Dataset(user_id=os.environ["CLARIFAI_USER_ID"], app_id=app, dataset_id=dataset, base_url=os.environ["CLARIFAI_API_BASE"],
            pat=os.environ["CLARIFAI_PAT"]).upload_from_folder(folder_path=folder, input_type="image", labels=False, batch_size=128)


def vendor_export(volume, app, dataset, threads):
    """Inputs by clarifai's list, pictures by its own download, files by databricks-sdk."""
    clarifai_over_json()
    import io

    from clarifai.client.input import Inputs

    inputs = Inputs(user_id=os.environ["CLARIFAI_USER_ID"], app_id=app, base_url=os.environ["CLARIFAI_API_BASE"], pat=os.environ["CLARIFAI_PAT"])
    client = workspace(threads)

    def one(each_input):
        (content,) = inputs.download_inputs([each_input])
        client.files.upload("/Volumes/main/vision/%s/%s.png" % (volume, each_input.id), io.BytesIO(content), overwrite=True)

    each(list(inputs.list_inputs(dataset_id=dataset)), threads, one)


def main():
    what, volume = sys.argv[1:3]
    if what == "export-images":
        vendor_export(volume, sys.argv[3], sys.argv[4], int(sys.argv[5]))
        return
    names = open(sys.argv[3]).read().split()
    folder, threads = sys.argv[4], int(sys.argv[5])
    if what == "import":
        vendor_import(volume, names, folder, threads, *sys.argv[6:8])
    else:
        {"requests-read": requests_read, "requests-write": requests_write, "sdk-read": sdk_read, "sdk-write": sdk_write}[what](volume, names, folder, threads)


main()
