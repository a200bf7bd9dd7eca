#!/usr/bin/env bash
# S3 lists keys in the order of their bytes, and `Marker` has the next page begin behind the last key of this one
# (ListObjects in its API reference). s3rver 3.7.1 on npm, a fake S3 for tests, lists a folder of files: what lies in a
# folder comes before its neighbours, `photo/1.jpg` ahead of `photo-1.jpg` and `photo.jpg`, although `-` and `.` come
# before `/`. Yet it looks for the marker by the order of bytes: where a page ends in a folder, the neighbours that were
# to follow are on no page, and where one ends at a neighbour, the folder's files come once more. Without pages all keys
# are there, in the wrong order. Of ListObjectsV2 no second page comes at all, but a 500. Code that copies or empties a
# bucket page by page leaves files behind in the test, or counts them twice. And `Range: bytes=-3`, the last three bytes
# (RFC 9110, 14.1.2), gets the first four, as a 206 that says so. moto 5.2.5 (PyPI) does both as S3. Seen: below, in
# `expected`: the pages of boto3's paginator, three keys each, and of six bytes what the ranges get. Needs Node.js 20 or
# newer, and Python 3.11 or newer with venv. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "type": "module", "dependencies": { "s3rver": "3.7.1" } }
JSON
npm install --silent --no-audit --no-fund
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check boto3==1.44.8 'moto[s3]==5.2.5'
cat > serve.cjs <<'JS'
const S3rver = require('s3rver');

const server = new S3rver({ configureBuckets: [{ name: 'pictures' }], directory: 'stored', port: 0, silent: true });
server.run().then(({ port }) => console.log(port));
JS
cat > show.py <<'PY'
import subprocess

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws

KEYS = ["photo-1.jpg", "photo.jpg", "photo/2.jpg", "photo/3.jpg", "photos/4.jpg", "zebra.jpg"]


def show(name, endpoint):
    config = Config(
        request_checksum_calculation="when_required", retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"}, signature_version="s3v4",
    )
    keys = {"aws_access_key_id": "S3RVER", "aws_secret_access_key": "S3RVER", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=endpoint, config=config, **keys)
    if name == "moto":
        client.create_bucket(Bucket="pictures")
    for key in KEYS:
        client.put_object(Bucket="pictures", Key=key, Body=b"012345")
    for operation, sizes in ("list_objects", (1000, 3, 2)), ("list_objects_v2", (3,)):
        for size in sizes:
            pages = []
            try:
                settings = {"PageSize": size}
                for page in client.get_paginator(operation).paginate(Bucket="pictures", PaginationConfig=settings):
                    pages.append(" ".join(entry["Key"].removesuffix(".jpg") for entry in page["Contents"]))
            except ClientError as error:
                pages.append(str(error.response["ResponseMetadata"]["HTTPStatusCode"]))
            print(f"{name}, {operation} by {size}: {' | '.join(pages)}")
    for bounds in "1-2", "3-", "-3", "-1":
        part = client.get_object(Bucket="pictures", Key="zebra.jpg", Range=f"bytes={bounds}")
        print(f"{name}, bytes={bounds}: {part['ContentRange']}, {part['Body'].read().decode()}")


with subprocess.Popen(["node", "serve.cjs"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as node:
    try:
        show("s3rver", f"http://127.0.0.1:{node.stdout.readline().strip()}")
    finally:
        node.kill()
with mock_aws():
    show("moto", None)
PY
seen=$(venv/bin/python show.py)
expected='s3rver, list_objects by 1000: photo/2 photo/3 photo-1 photo photos/4 zebra
s3rver, list_objects by 3: photo/2 photo/3 photo-1 | photo/2 photo/3 photo | photo/2 photo/3 photos/4 | zebra
s3rver, list_objects by 2: photo/2 photo/3 | photos/4 zebra
s3rver, list_objects_v2 by 3: 500
s3rver, bytes=1-2: bytes 1-2/6, 12
s3rver, bytes=3-: bytes 3-5/6, 345
s3rver, bytes=-3: bytes 0-3/6, 0123
s3rver, bytes=-1: bytes 0-1/6, 01
moto, list_objects by 1000: photo-1 photo photo/2 photo/3 photos/4 zebra
moto, list_objects by 3: photo-1 photo photo/2 | photo/3 photos/4 zebra
moto, list_objects by 2: photo-1 photo | photo/2 photo/3 | photos/4 zebra
moto, list_objects_v2 by 3: photo-1 photo photo/2 | photo/3 photos/4 zebra
moto, bytes=1-2: bytes 1-2/6, 12
moto, bytes=3-: bytes 3-5/6, 345
moto, bytes=-3: bytes 3-5/6, 345
moto, bytes=-1: bytes 5-5/6, 5'
echo "$seen"
[ "$seen" = "$expected" ]
