#!/usr/bin/env bash
# S3 writes an object only if its ETag is still the one that If-Match names, and else says 412 (API references of
# PutObject and CompleteMultipartUpload); a copy has the same conditions on its source (CopyObject, UploadPartCopy).
# moto 5.2.5, by which code for AWS is tested in Python, goes by If-Match of PutObject and DeleteObject, but completes a
# multipart upload whatever If-Match says: the same guard that holds for a small object lets a large one overwrite what
# somebody else has written, with a 200. Copies are made although x-amz-copy-source-if-match names another source, or
# the source has changed since x-amz-copy-source-if-unmodified-since; only if-none-match counts. And where If-Match
# holds but If-Unmodified-Since doesn't, GetObject is to give the object (RFC 9110, 13.1.4, and its API reference): 412.
# So a test of what happens when two writers meet sees the wrong one win. ministack 1.5.33 (PyPI) does all of it right.
# Seen: below, in `expected`. Needs Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check boto3==1.44.8 'moto[s3]==5.2.5'
python3 -m venv other
other/bin/pip install --quiet --disable-pip-version-check ministack==1.5.33
cat > show.py <<'PY'
import datetime, os, socket, subprocess, time

import boto3
import botocore.exceptions
from moto import mock_aws

PART = bytes(5 << 20)
ACCOUNT = {"region_name": "us-east-1", "aws_access_key_id": "any", "aws_secret_access_key": "any"}


def try_all(s3):
    there = {"Bucket": "bucket", "Key": "it"}
    s3.create_bucket(Bucket="bucket")
    s3.put_object(**there, Body=b"somebody else's")
    head = s3.head_object(**there)
    tag, other = head["ETag"], '"0123456789abcdef0123456789abcdef"'
    before, after = (head["LastModified"] + datetime.timedelta(days=days) for days in (-1, 1))

    def uploaded(key, **conditions):
        upload = s3.create_multipart_upload(Bucket="bucket", Key=key)["UploadId"]
        made = {"Bucket": "bucket", "Key": key, "UploadId": upload}
        parts = [
            {"PartNumber": number, "ETag": s3.upload_part(**made, PartNumber=number, Body=body)["ETag"]}
            for number, body in ((1, PART), (2, b"mine"))
        ]
        return s3.complete_multipart_upload(**made, MultipartUpload={"Parts": parts}, **conditions)

    def copied(**conditions):
        return s3.copy_object(Bucket="bucket", Key="copy", CopySource="bucket/it", **conditions)

    def part_copied(**conditions):
        upload = s3.create_multipart_upload(Bucket="bucket", Key="copy")["UploadId"]
        made = {"Bucket": "bucket", "Key": "copy", "UploadId": upload, "PartNumber": 1}
        return s3.upload_part_copy(**made, CopySource="bucket/it", **conditions)

    calls = {
        "put, If-Match of another": lambda: s3.put_object(**there, Body=b"mine", IfMatch=other),
        "delete, If-Match of another": lambda: s3.delete_object(**there, IfMatch=other),
        "copy, source If-Match of another": lambda: copied(CopySourceIfMatch=other),
        "copy, source If-None-Match of this": lambda: copied(CopySourceIfNoneMatch=tag),
        "copy, source If-Unmodified-Since before": lambda: copied(CopySourceIfUnmodifiedSince=before),
        "part copy, source If-Match of another": lambda: part_copied(CopySourceIfMatch=other),
        "get, If-Match of this, If-Unmodified-Since before": lambda: s3.get_object(
            **there, IfMatch=tag, IfUnmodifiedSince=before
        ),
        "multipart upload, If-Match of another": lambda: uploaded("it", IfMatch=other),
    }
    answers = {}
    for name, call in calls.items():
        try:
            answers[name] = call()["ResponseMetadata"]["HTTPStatusCode"]
        except botocore.exceptions.ClientError as error:
            answers[name] = error.response["ResponseMetadata"]["HTTPStatusCode"]
    answers["bytes of the object in the end"] = s3.head_object(**there)["ContentLength"]
    return answers


with mock_aws():
    by_moto = try_all(boto3.client("s3", **ACCOUNT))

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
    by_ministack = try_all(boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", **ACCOUNT))
finally:
    server.terminate()
    server.wait()

for name, answer in by_moto.items():
    print(f"{name}: moto {answer}, ministack {by_ministack[name]}")
PY
seen=$(venv/bin/python show.py)
expected='put, If-Match of another: moto 412, ministack 412
delete, If-Match of another: moto 412, ministack 412
copy, source If-Match of another: moto 200, ministack 412
copy, source If-None-Match of this: moto 412, ministack 412
copy, source If-Unmodified-Since before: moto 200, ministack 412
part copy, source If-Match of another: moto 200, ministack 412
get, If-Match of this, If-Unmodified-Since before: moto 412, ministack 200
multipart upload, If-Match of another: moto 200, ministack 412
bytes of the object in the end: moto 5242884, ministack 15'
echo "$seen"
[ "$seen" = "$expected" ]
