import pytest

from gemini_otel._facts.errors.masking import MAX_LENGTH, mask


@pytest.mark.parametrize(
    ("message", "masked"),
    [
        (
            "API key not valid. Please pass a valid API key.",
            "API key not valid. Please pass a valid API key.",
        ),
        ('Unknown name "secret": Cannot find field.', 'Unknown name "<masked>": Cannot find field.'),
        ("Invalid value at 'contents[0]', it's wrong", "Invalid value at 'contents[0]', it's wrong"),
        (
            "Unknown name \"additional_properties\" at 'tools[0].function_declarations[3].parameters.properties[0].value'",
            "Unknown name \"additional_properties\" at 'tools[0].function_declarations[3].parameters.properties[0].value'",
        ),
        ("Invalid value at 'contents[0].parts[0].diagnosis'", "Invalid value at '<masked>'"),
        ("Invalid value at 'tools[0].parameters.properties[diagnosis].type'", "Invalid value at '<masked>'"),
        (
            "See https://docs.cloud.google.com/vertex-ai/docs/x and https://ai.studio/projects .",
            "See https://docs.cloud.google.com/vertex-ai/docs/x and https://ai.studio/projects .",
        ),
        ('Cut in mid-quote: "the prompt goes on', 'Cut in mid-quote: "<masked>"'),
        (
            "models/gemini-9 is not found for API version v1beta",
            "models/<masked> is not found for API version v1beta",
        ),
        (
            "Publisher Model `projects/my-proj/locations/us/publishers/google/models/x` was not found",
            'Publisher Model "<masked>" was not found',
        ),
        ("has not been used in project 123456789012 before", "has not been used in project <masked> before"),
        ("Permission denied on resource project acme.", "Permission denied on resource project <masked>."),
        ("overview?project=acme-1 then retry", "overview?project=<masked> then retry"),
        ("key AIzaSyA1234567890abcdefghijklmnopqrstuvw leaked", "key <masked> leaked"),
        ("Bearer ya29.abc is expired", "Bearer<masked> is expired"),
        (
            "access to the File abcd1234efgh or it may not exist",
            "access to the File <masked> or it may not exist",
        ),
        ("limit: 20, model: x\nPlease retry in 8.4s.", "limit: 20, model: x Please retry in 8.4s."),
        (
            "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).",
            "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).",
        ),
        ("write to user@example.com", "write to <masked>"),
        ("gs://bucket/file.txt not found", "gs://<masked> not found"),
        ("Cannot fetch https://a.example/x?y=1 now", "Cannot fetch https://<masked> now"),
        ("See https://storage.cloud.google.com/mine/x", "See https://<masked>"),
        (
            "head to: https://ai.google.dev/gemini-api/docs.",
            "head to: https://ai.google.dev/gemini-api/docs.",
        ),
    ],
)
def test_masks_what_identifies_and_keeps_what_explains(message: str, masked: str) -> None:
    """Quoted strings, resource names, project ids and keys are masked; wording and numbers stay."""
    assert mask(message) == masked


def test_is_short() -> None:
    """A mask result is never longer than 512 characters."""
    assert len(mask("word " * 1000)) == MAX_LENGTH
