# /etc/varnish/default.vcl: a cache in front. Browsers write Accept in a dozen ways, and by `Vary: Accept` alone each would be an
# entry and a request of its own; here they are three.
vcl 4.1;

backend slimpix {
    .host = "127.0.0.1";
    .port = "3333";
}

sub vcl_recv {
    # Who refuses one of them by q=0 gets what everybody can show.
    if (req.http.Accept ~ "(?i)image/(avif|webp)\s*;\s*q=0(\.0*)?\s*(,|$)") {
        set req.http.Accept = "*/*";
    } elsif (req.http.Accept ~ "(?i)image/webp" && req.http.Accept ~ "(?i)image/avif") {
        set req.http.Accept = "image/avif,image/webp,*/*";
    } elsif (req.http.Accept ~ "(?i)image/webp") {
        set req.http.Accept = "image/webp,*/*";
    } else {
        set req.http.Accept = "*/*";
    }

    # Varnish answers several ranges, and other units than bytes, with 416: whoever asks for them gets the whole.
    if (req.http.Range && req.http.Range !~ "^bytes=\d*-\d*$") {
        unset req.http.Range;
    }

    # Pictures don't depend on cookies, and Varnish wouldn't keep what was asked for with one.
    unset req.http.Cookie;
}

sub vcl_backend_response {
    # While it asks for a newer one, what it has goes out.
    set beresp.grace = 1h;
}

sub vcl_deliver {
    if (obj.hits > 0) {
        set resp.http.X-Cache = "HIT";
    } else {
        set resp.http.X-Cache = "MISS";
    }
}
