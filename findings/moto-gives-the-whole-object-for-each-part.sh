#!/usr/bin/env bash
# GetObject with `partNumber` gives one part of an object that was uploaded in parts: "effectively performs a 'ranged'
# GET request for the part specified" (its API reference), with 206, Content-Range, and the number of parts in
# x-amz-mp-parts-count. moto 5.2.5, by which code for AWS is tested in Python, leaves `partNumber` of a GET aside: each
# part is the whole object from its beginning, with 200. HeadObject of the same part says the part's size, so a buffer
# that was made by it is too small. Who reads part after part, as S3's guide to performance has it for large objects,
# gets the object as often as it has parts, one behind the other, and no error. Ranges are right. ministack 1.5.33
# (PyPI) gives the parts, though its HeadObject says the whole size. Seen: below, in `expected`, of an object of two
# parts. Needs Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check boto3==1.44.8 'moto[s3]==5.2.5'
python3 -m venv other
other/bin/pip install --quiet --disable-pip-version-check ministack==1.5.33
cat > show.py <<'PY'
import os, socket, subprocess, time

import boto3
from moto import mock_aws

PARTS = {1: bytes([1]) * (5 << 20), 2: bytes([2]) * 1000}
ACCOUNT = {"region_name": "us-east-1", "aws_access_key_id": "any", "aws_secret_access_key": "any"}


def read(name, s3):
    there = {"Bucket": "bucket", "Key": "it"}
    s3.create_bucket(Bucket="bucket")
    made = there | {"UploadId": s3.create_multipart_upload(**there)["UploadId"]}
    parts = [
        {"PartNumber": number, "ETag": s3.upload_part(**made, PartNumber=number, Body=body)["ETag"]}
        for number, body in PARTS.items()
    ]
    s3.complete_multipart_upload(**made, MultipartUpload={"Parts": parts})

    def told(**asked):
        answer = s3.get_object(**there, **asked)
        body = answer["Body"].read()
        status = answer["ResponseMetadata"]["HTTPStatusCode"]
        place = answer.get("ContentRange", "no Content-Range")
        count = answer.get("PartsCount")
        return body, f"{status}, {len(body)} bytes that begin with {body[0]}, {place}, parts: {count}"

    together = b""
    for number in PARTS:
        body, answer = told(PartNumber=number)
        together += body
        size = s3.head_object(**there, PartNumber=number)["ContentLength"]
        print(f"{name}, part {number}: {answer}; HEAD: {size} bytes")
    print(f"{name}, part 2 as a range: {told(Range=f'bytes={5 << 20}-')[1]}")
    print(f"{name}, both parts together are the object: {together == b''.join(PARTS.values())}")


with mock_aws():
    read("moto", boto3.client("s3", **ACCOUNT))

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
environment = os.environ | {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "SERVICES": "s3"}
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
server = subprocess.Popen(["other/bin/ministack"], env=environment, **quiet)
try:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.1)
    read("ministack", boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", **ACCOUNT))
finally:
    server.terminate()
    server.wait()
PY
seen=$(venv/bin/python show.py)
expected='moto, part 1: 200, 5243880 bytes that begin with 1, no Content-Range, parts: None; HEAD: 5242880 bytes
moto, part 2: 200, 5243880 bytes that begin with 1, no Content-Range, parts: None; HEAD: 1000 bytes
moto, part 2 as a range: 206, 1000 bytes that begin with 2, bytes 5242880-5243879/5243880, parts: None
moto, both parts together are the object: False
ministack, part 1: 206, 5242880 bytes that begin with 1, bytes 0-5242879/5243880, parts: 2; HEAD: 5243880 bytes
ministack, part 2: 206, 1000 bytes that begin with 2, bytes 5242880-5243879/5243880, parts: 2; HEAD: 5243880 bytes
ministack, part 2 as a range: 206, 1000 bytes that begin with 2, bytes 5242880-5243879/5243880, parts: None
ministack, both parts together are the object: True'
echo "$seen"
[ "$seen" = "$expected" ]
