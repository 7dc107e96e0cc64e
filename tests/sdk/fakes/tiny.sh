# The least that can be connected to; it starts in a millisecond.
while read -r line; do
    id=${line#*\"request_id\":\"}
    id=${id%%\"*}
    response='{"claude_code_version":"2.1.332"}'
    printf '{"type":"control_response","response":{"subtype":"success",'
    printf '"request_id":"%s","response":%s}}\n' "$id" "$response"
done
