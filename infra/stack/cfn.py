"""The few intrinsic functions of CloudFormation that the template uses, spelled as Python."""

from typing import Any

Json = dict[str, Any]

NO_VALUE: Json = {"Ref": "AWS::NoValue"}


def ref(logical_id: str) -> Json:
    return {"Ref": logical_id}


def att(logical_id: str, attribute: str) -> Json:
    return {"Fn::GetAtt": [logical_id, attribute]}


def sub(text: str) -> Json:
    return {"Fn::Sub": text}


def when(condition: str, then: Any, otherwise: Any) -> Json:
    return {"Fn::If": [condition, then, otherwise]}


def is_set(parameter: str) -> Json:
    """A condition: the parameter is not the empty string."""
    return {"Fn::Not": [{"Fn::Equals": [ref(parameter), ""]}]}


def resource(kind: str, properties: Json, **attributes: Any) -> Json:
    """One resource; `attributes` are its siblings such as `DependsOn` and `Condition`."""
    return {"Type": kind, **attributes, "Properties": properties}
