// A Cloudflare Worker that converts what it is sent.

import { convert } from 'slimpix';

export default {
  async fetch(request) {
    const options = JSON.parse(new URL(request.url).searchParams.get('options'));
    const { bytes, mediaType } = await convert(request, options);
    return new Response(bytes, { headers: { 'Content-Type': mediaType } });
  },
};
